/// One GGUF file: its metadata and its tensors.
///
/// Layout (ggml/docs/gguf.md, versions 2 and 3): magic, version, tensor count, metadata count, metadata, tensor
/// descriptions, padding to the alignment, tensor data. Tensor offsets count from the start of the data.
struct GGUFFile {
    let metadata: GGUFMetadata
    let tensors: [TensorRecord]

    static let magic: UInt32 = 0x4655_4747  // "GGUF"

    /// Reads and checks everything but the tensors' values.
    init(_ file: MappedFile) throws(CheckpointError) {
        var reader = GGUFReader(file)
        try GGUFFile.checkVersion(&reader)
        let tensorCount = try reader.count("tensors", minimumByteCount: 24, limit: GGUFLimits.tensorCount)
        let metadataCount = try reader.count("metadata keys", minimumByteCount: 13, limit: GGUFLimits.metadataCount)
        metadata = try GGUFMetadataParser.parse(&reader, count: metadataCount)
        let alignment = try GGUFFile.alignment(metadata)

        var descriptions: [Description] = []
        descriptions.reserveCapacity(tensorCount)
        for _ in 0..<tensorCount {
            descriptions.append(try Description(&reader))
        }
        let dataStart = (reader.offset + alignment - 1) / alignment * alignment
        tensors = try descriptions.map { description throws(CheckpointError) in
            try description.record(file: file, dataStart: dataStart, alignment: alignment)
        }
        try TensorLayout.check(tensors)
    }

    private static func checkVersion(_ reader: inout GGUFReader) throws(CheckpointError) {
        let found = try reader.integer("the GGUF magic", as: UInt32.self)
        guard found == magic else {
            throw reader.error(at: 0, expected: "a GGUF file's magic", found: "0x\(String(found, radix: 16))")
        }
        let version = try reader.integer("the GGUF version", as: UInt32.self)
        guard version == 2 || version == 3 else {
            let isBigEndian = version.byteSwapped <= 3
            throw reader.error(
                at: 4,
                expected: "GGUF version 2 or 3",
                found: isBigEndian ? "a big-endian file" : "version \(version)"
            )
        }
    }

    private static func alignment(_ metadata: GGUFMetadata) throws(CheckpointError) -> Int {
        let key = "general.alignment"
        guard let alignment = try metadata.integer(key) else { return 32 }
        guard alignment > 0, alignment <= GGUFLimits.alignment, alignment & (alignment - 1) == 0 else {
            throw metadata.error(
                key,
                expected: "a power of two up to \(GGUFLimits.alignment)",
                found: "\(alignment)"
            )
        }
        return alignment
    }
}

/// A tensor as the file describes it, before its place is known.
private struct Description {
    let start: Int
    let name: String
    let shape: [Int]
    let format: TensorFormat
    let offset: UInt64

    init(_ reader: inout GGUFReader) throws(CheckpointError) {
        start = reader.offset
        name = try reader.string("a tensor's name", limit: GGUFLimits.nameByteCount)
        let dimensionCount = try reader.integer("\(name)'s number of dimensions", as: UInt32.self)
        guard dimensionCount <= GGUFLimits.dimensionCount else {
            throw reader.error(
                at: start,
                expected: "at most \(GGUFLimits.dimensionCount) dimensions of \(name)",
                found: "\(dimensionCount)"
            )
        }
        var dimensions: [Int] = []
        for _ in 0..<dimensionCount {
            let dimension = try reader.integer("a dimension of \(name)", as: UInt64.self)
            guard let dimension = Int(exactly: dimension) else {
                throw reader.error(at: start, expected: "a dimension of \(name) below 2^63", found: "\(dimension)")
            }
            dimensions.append(dimension)
        }
        shape = dimensions.reversed()
        let type = try reader.integer("\(name)'s type", as: UInt32.self)
        guard let format = TensorFormat(ggmlType: type) else {
            throw reader.error(at: start, expected: "a tensor type that GGUF defines for \(name)", found: "\(type)")
        }
        self.format = format
        offset = try reader.integer("\(name)'s offset", as: UInt64.self)
    }

    func record(file: MappedFile, dataStart: Int, alignment: Int) throws(CheckpointError) -> TensorRecord {
        guard let byteCount = format.byteCount(shape: shape) else {
            throw CheckpointError(
                file: file.name,
                offset: start,
                expected: "rows of whole \(format) blocks (\(format.blockLength) elements) and a size below 2^63 bytes",
                found: "\(name) of shape \(shape)"
            )
        }
        guard offset % UInt64(alignment) == 0 else {
            throw CheckpointError(
                file: file.name,
                offset: start,
                expected: "\(name) at a multiple of \(alignment) bytes",
                found: "offset \(offset)"
            )
        }
        let available = file.bytes.count - dataStart
        guard let offset = Int(exactly: offset), offset <= available, byteCount <= available - offset else {
            throw CheckpointError(
                file: file.name,
                offset: start,
                expected: "\(name) (\(byteCount) bytes at offset \(offset)) inside the file",
                found: "tensor data of \(max(available, 0)) bytes"
            )
        }
        return TensorRecord(
            name: name,
            shape: shape,
            format: format,
            fileOffset: dataStart + offset,
            byteCount: byteCount,
            file: file
        )
    }
}
