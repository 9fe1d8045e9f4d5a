package archive

// The parts of the format (https://mcap.dev/spec) that are used here. They are not those
// of the mcap module, because its package brings its test helpers into every program.

// opcode is the kind of a record.
type opcode byte

const (
	opReserved      opcode = 0x00
	opHeader        opcode = 0x01
	opFooter        opcode = 0x02
	opSchema        opcode = 0x03
	opChannel       opcode = 0x04
	opMessage       opcode = 0x05
	opChunk         opcode = 0x06
	opMessageIndex  opcode = 0x07
	opChunkIndex    opcode = 0x08
	opStatistics    opcode = 0x0b
	opMetadata      opcode = 0x0c
	opSummaryOffset opcode = 0x0e
	opDataEnd       opcode = 0x0f
)

// magic is what a file begins and ends with.
const magic = "\x89MCAP0\r\n"

// The names of the compressions that are read. Ours is zstd.
const (
	compressionNone = ""
	compressionZstd = "zstd"
)
