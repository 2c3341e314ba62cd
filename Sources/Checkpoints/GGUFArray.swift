/// An array of a GGUF file's metadata, read where it lies. Its bounds were checked when the file was opened.
struct GGUFArray: Sendable {
    let elementType: GGUFValueType
    let count: Int
    /// Where the elements lie in the file.
    let range: Range<Int>
    let file: MappedFile

    /// Calls the body with each string's bytes, in order; false where the elements are not strings.
    func forEachString(_ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        guard elementType == .string else { return false }
        var offset = range.lowerBound
        for _ in 0..<count {
            guard
                let length = file.bytes.integer(at: offset, as: UInt64.self).flatMap(Int.init(exactly:)),
                length <= range.upperBound - offset - 8,
                let bytes = unsafe file.bytes.slice(offset + 8..<offset + 8 + length)
            else { return false }
            unsafe body(bytes)
            offset += 8 + length
        }
        return true
    }

    /// All strings; bytes that are not UTF-8 become U+FFFD. Nil where the elements are not strings.
    var strings: [String]? {
        var strings: [String] = []
        strings.reserveCapacity(count)
        let isText = unsafe forEachString { bytes in
            unsafe strings.append(String(decoding: bytes, as: UTF8.self))
        }
        return isText ? strings : nil
    }

    /// All integers, or nil where the elements are not integers that fit 32 bits.
    var integers: [Int32]? {
        switch elementType {
        case .uint8: values(UInt8.self) { Int32($0) }
        case .int8: values(Int8.self) { Int32($0) }
        case .uint16: values(UInt16.self) { Int32($0) }
        case .int16: values(Int16.self) { Int32($0) }
        case .int32: values(Int32.self) { $0 }
        case .uint32: values(UInt32.self) { Int32(exactly: $0) }
        case .int64: values(Int64.self) { Int32(exactly: $0) }
        case .uint64: values(UInt64.self) { Int32(exactly: $0) }
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// All 32-bit floats, or nil where the elements are none.
    var floats: [Float]? {
        guard elementType == .float32 else { return nil }
        return values(UInt32.self) { Float(bitPattern: $0) }
    }

    /// All booleans, or nil where the elements are none.
    var booleans: [Bool]? {
        guard elementType == .bool else { return nil }
        return values(UInt8.self) { $0 != 0 }
    }

    private func values<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
        _ type: Stored.Type,
        _ convert: (Stored) -> Value?
    ) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            let offset = range.lowerBound + index * MemoryLayout<Stored>.size
            guard let stored = file.bytes.integer(at: offset, as: Stored.self), let value = convert(stored) else {
                return nil
            }
            values.append(value)
        }
        return values
    }
}
