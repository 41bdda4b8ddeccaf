-- compatible_from: 3

-- Two connections that write the same row of a counter wait for each other's commits: of 16 rows
-- that 16 connections draw, ten were in use.
CREATE OR REPLACE FUNCTION counter_slot() RETURNS BIGINT LANGUAGE SQL STABLE AS
  'SELECT (pg_backend_pid() % 64)::BIGINT';
INSERT INTO totals SELECT slot, 0, 0, 0 FROM generate_series(16, 63) AS slot;
INSERT INTO blob_totals SELECT slot, 0 FROM generate_series(16, 63) AS slot;

-- Deletes the lane when it has no jobs. Who submits one meanwhile holds the lane's row (enter_lane),
-- so it is looked at again once nobody does; each statement sees what was committed before it.
CREATE FUNCTION leave_lane(of_model TEXT, of_tenant TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM jobs WHERE state = 1 AND model = of_model AND tenant = of_tenant LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  PERFORM 1 FROM lanes WHERE model = of_model AND tenant = of_tenant FOR UPDATE;
  PERFORM 1 FROM jobs WHERE state = 1 AND model = of_model AND tenant = of_tenant LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  DELETE FROM lanes WHERE model = of_model AND tenant = of_tenant;
END $$;
