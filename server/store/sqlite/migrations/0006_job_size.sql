-- What a job asks of a worker, so that nobody has to read its spec to estimate its time. 0: not known,
-- as of jobs from before.
ALTER TABLE jobs ADD COLUMN pixels INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN step_pixels INTEGER NOT NULL DEFAULT 0;
