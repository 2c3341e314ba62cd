internal import JSON

/// One safetensors file: a 64-bit header length, a JSON header, and the tensors' bytes, which the header's ranges must
/// cover without a hole (github.com/huggingface/safetensors, "Format").
struct SafetensorsFile {
    let tensors: [TensorRecord]

    /// The format's own limit for the header.
    static let headerByteLimit = 100_000_000
    static let dimensionLimit = 16
    private static let metadataKey = "__metadata__"

    /// Reads and checks everything but the tensors' values.
    init(_ file: MappedFile) throws(CheckpointError) {
        let range = try SafetensorsFile.headerRange(file)
        let header = try CheckpointJSON.object(file, range, limit: SafetensorsFile.headerByteLimit)
        var tensors: [TensorRecord] = []
        tensors.reserveCapacity(header.count)
        for (name, value) in header where name != SafetensorsFile.metadataKey {
            tensors.append(try SafetensorsFile.record(name, value, file, dataStart: range.upperBound))
        }
        try TensorLayout.check(tensors)
        try SafetensorsFile.checkCoverage(tensors, file, dataStart: range.upperBound)
        self.tensors = tensors
    }

    private static func headerRange(_ file: MappedFile) throws(CheckpointError) -> Range<Int> {
        guard let length = file.bytes.integer(at: 0, as: UInt64.self) else {
            throw CheckpointError(
                file: file.name,
                offset: 0,
                expected: "the header's length (8 bytes)",
                found: "a file of \(file.bytes.count) bytes"
            )
        }
        let most = min(headerByteLimit, file.bytes.count - 8)
        guard let length = Int(exactly: length), length >= 2, length <= most else {
            throw CheckpointError(
                file: file.name,
                offset: 0,
                expected: "a header of 2 to \(max(most, 2)) bytes",
                found: "a length of \(length)"
            )
        }
        return 8..<8 + length
    }

    private static func record(
        _ name: String,
        _ value: JSONValue,
        _ file: MappedFile,
        dataStart: Int
    ) throws(CheckpointError) -> TensorRecord {
        func failure(_ expected: String, _ found: String) -> CheckpointError {
            CheckpointError(file: file.name, offset: 8, expected: "\(expected) of \(name)", found: found)
        }
        guard let type = value["dtype"]?.stringValue else { throw failure("the dtype", "none") }
        guard let format = TensorFormat(safetensorsType: type) else {
            throw failure("a dtype that safetensors defines", "\"\(type)\"")
        }
        guard let shape = value["shape"].flatMap(integers), shape.count <= dimensionLimit else {
            throw failure("a shape of at most \(dimensionLimit) non-negative integers", "none")
        }
        guard let byteCount = format.byteCount(shape: shape) else {
            throw failure("a size below 2^63 bytes", "the shape \(shape)")
        }
        guard let offsets = value["data_offsets"].flatMap(integers), offsets.count == 2, offsets[0] <= offsets[1] else {
            throw failure("two ascending data_offsets", "none")
        }
        guard offsets[1] <= file.bytes.count - dataStart else {
            throw failure("data inside the \(file.bytes.count - dataStart) data bytes", "data_offsets \(offsets)")
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw failure("\(byteCount) bytes for \(format) \(shape)", "data_offsets \(offsets)")
        }
        return TensorRecord(
            name: name,
            shape: shape,
            format: format,
            fileOffset: dataStart + offsets[0],
            byteCount: byteCount,
            file: file
        )
    }

    /// All elements as non-negative integers, or nil where one is something else.
    private static func integers(_ value: JSONValue) -> [Int]? {
        guard let elements = value.arrayValue else { return nil }
        var integers: [Int] = []
        for element in elements {
            guard let integer = element.intValue, integer >= 0 else { return nil }
            integers.append(integer)
        }
        return integers
    }

    private static func checkCoverage(
        _ tensors: [TensorRecord],
        _ file: MappedFile,
        dataStart: Int
    ) throws(CheckpointError) {
        var end = dataStart
        for tensor in tensors.sorted(by: { $0.fileOffset < $1.fileOffset }) where tensor.byteCount > 0 {
            guard tensor.fileOffset == end else {
                throw tensor.error(expected: "a tensor at byte \(end)", found: "next")
            }
            end = tensor.byteRange.upperBound
        }
        guard end == file.bytes.count else {
            throw CheckpointError(
                file: file.name,
                offset: end,
                expected: "the end of the file",
                found: "\(file.bytes.count - end) bytes that belong to no tensor"
            )
        }
    }
}
