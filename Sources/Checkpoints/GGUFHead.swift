/// The head of a GGUF file to be written: its keys, and where its tensors will lie.
///
/// Layout: ggml/docs/gguf.md, version 3.
public struct GGUFHead: Sendable {
    /// A tensor to be written.
    public struct Tensor: Sendable {
        public var name: String
        /// Rows first.
        public var shape: [Int]
        public var format: TensorFormat

        public init(name: String, shape: [Int], format: TensorFormat) {
            self.name = name
            self.shape = shape
            self.format = format
        }
    }

    private static let alignment = 32

    /// The file up to the first tensor.
    public let bytes: [UInt8]
    /// Where the value of each key begins in the bytes, so that another of the same length can be written over it.
    public let valueOffsets: [String: Int]
    /// Where each tensor begins, counted from the file's start.
    public let offsets: [Int]
    /// The length of the whole file.
    public let fileByteCount: Int

    /// Lays tensors out one after another; nil where GGUF has no name for a format or a shape does not end with whole blocks.
    ///
    /// - Parameters:
    ///   - keys: Metadata; all of it are strings.
    ///   - tensors: In the order in which they will lie.
    public init?(keys: [(name: String, value: String)], tensors: [Tensor]) {
        var head = Array("GGUF".utf8)
        func append(_ number: some FixedWidthInteger) {
            for shift in stride(from: 0, to: number.bitWidth, by: 8) {
                head.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        func append(_ text: String) {
            append(UInt64(text.utf8.count))
            head.append(contentsOf: text.utf8)
        }
        append(UInt32(3))
        append(UInt64(tensors.count))
        append(UInt64(keys.count))
        var values: [String: Int] = [:]
        for key in keys {
            append(key.name)
            append(GGUFValueType.string.rawValue)
            append(key.value)
            values[key.name] = head.count - key.value.utf8.count
        }
        var (end, starts): (Int, [Int]) = (0, [])
        for tensor in tensors {
            guard let type = tensor.format.ggmlType, let count = tensor.format.byteCount(shape: tensor.shape),
                count <= Int.max / 4 - end
            else { return nil }
            append(tensor.name)
            append(UInt32(tensor.shape.count))
            for dimension in tensor.shape.reversed() { append(UInt64(dimension)) }
            append(type)
            append(UInt64(end))
            starts.append(end)
            end = Self.aligned(end + count)
        }
        head.append(contentsOf: [UInt8](repeating: 0, count: Self.aligned(head.count) - head.count))
        bytes = head
        valueOffsets = values
        offsets = starts.map { $0 + head.count }
        fileByteCount = head.count + end
    }

    private static func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
