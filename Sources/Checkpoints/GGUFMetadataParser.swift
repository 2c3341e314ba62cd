/// Reads a GGUF file's keys and values.
///
/// Layout: ggml/docs/gguf.md. A key is a string, a value is a type number and then the value; an array is an element
/// type, a count and the elements.
struct GGUFMetadataParser {
    private var keys: [String] = []
    private var entries: [String: GGUFMetadata.Entry] = [:]

    /// Reads `count` pairs.
    static func parse(_ reader: inout GGUFReader, count: Int) throws(CheckpointError) -> GGUFMetadata {
        var parser = GGUFMetadataParser()
        for _ in 0..<count {
            let start = reader.offset
            let key = try reader.string("a metadata key", limit: GGUFLimits.keyByteCount)
            let type = try valueType(&reader, of: key)
            let offset = reader.offset
            let value = try value(&reader, type, of: key)
            guard parser.entries.updateValue(.init(value: value, offset: offset), forKey: key) == nil else {
                throw reader.error(at: start, expected: "each metadata key once", found: "\(key) twice")
            }
            parser.keys.append(key)
        }
        return GGUFMetadata(file: reader.file, keys: parser.keys, entries: parser.entries)
    }

    private static func valueType(_ reader: inout GGUFReader, of key: String) throws(CheckpointError) -> GGUFValueType {
        let start = reader.offset
        let number = try reader.integer("the type of \(key)", as: UInt32.self)
        guard let type = GGUFValueType(rawValue: number) else {
            throw reader.error(at: start, expected: "a value type from 0 to 12 for \(key)", found: "\(number)")
        }
        return type
    }

    private static func value(
        _ reader: inout GGUFReader,
        _ type: GGUFValueType,
        of key: String
    ) throws(CheckpointError) -> GGUFValue {
        switch type {
        case .uint8: return .unsigned(UInt64(try reader.integer(key, as: UInt8.self)))
        case .uint16: return .unsigned(UInt64(try reader.integer(key, as: UInt16.self)))
        case .uint32: return .unsigned(UInt64(try reader.integer(key, as: UInt32.self)))
        case .uint64: return .unsigned(try reader.integer(key, as: UInt64.self))
        case .int8: return .signed(Int64(try reader.integer(key, as: Int8.self)))
        case .int16: return .signed(Int64(try reader.integer(key, as: Int16.self)))
        case .int32: return .signed(Int64(try reader.integer(key, as: Int32.self)))
        case .int64: return .signed(try reader.integer(key, as: Int64.self))
        case .float32: return .float(Double(Float(bitPattern: try reader.integer(key, as: UInt32.self))))
        case .float64: return .float(Double(bitPattern: try reader.integer(key, as: UInt64.self)))
        case .bool: return .bool(try boolean(&reader, of: key))
        case .string:
            let range = try reader.stringRange(key, limit: GGUFLimits.stringByteCount)
            guard let bytes = unsafe reader.file.bytes.slice(range) else { return .string("") }
            return unsafe .string(String(decoding: bytes, as: UTF8.self))
        case .array:
            return .array(try array(&reader, of: key, depth: 1))
        }
    }

    private static func boolean(_ reader: inout GGUFReader, of key: String) throws(CheckpointError) -> Bool {
        let start = reader.offset
        let byte = try reader.integer(key, as: UInt8.self)
        guard byte <= 1 else {
            throw reader.error(at: start, expected: "a boolean, 0 or 1, for \(key)", found: "\(byte)")
        }
        return byte == 1
    }

    private static func array(
        _ reader: inout GGUFReader,
        of key: String,
        depth: Int
    ) throws(CheckpointError) -> GGUFArray {
        guard depth <= GGUFLimits.arrayNesting else {
            throw reader.error(
                at: reader.offset,
                expected: "arrays nested at most \(GGUFLimits.arrayNesting) deep in \(key)",
                found: "a deeper one"
            )
        }
        let type = try valueType(&reader, of: key)
        let count = try reader.count(
            "elements of \(key)",
            minimumByteCount: type.minimumByteCount,
            limit: GGUFLimits.arrayElementCount
        )
        let start = reader.offset
        if let byteCount = type.byteCount {
            try reader.skip(count * byteCount, key)
        } else {
            for _ in 0..<count {
                if type == .string {
                    _ = try reader.stringRange(key, limit: GGUFLimits.stringByteCount)
                } else {
                    _ = try array(&reader, of: key, depth: depth + 1)
                }
            }
        }
        return GGUFArray(elementType: type, count: count, range: start..<reader.offset, file: reader.file)
    }
}
