# cmake -D INPUT=FILE -D OUTPUT=FILE.cc -P EmbedSchema.cmake: a file's bytes as
# atelier::config::kSchema.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "namespace atelier::config {
extern const unsigned char kSchema[];
extern const unsigned long kSchemaBytes;
const unsigned char kSchema[] = {${bytes}};
const unsigned long kSchemaBytes = sizeof(kSchema);
}  // namespace atelier::config
")
