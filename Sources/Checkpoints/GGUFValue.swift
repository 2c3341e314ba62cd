/// A metadata value's type in a GGUF file (`gguf_type` in ggml's gguf.h).
enum GGUFValueType: UInt32, Sendable {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The bytes of a value, or nil for those that carry their own length.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The fewest bytes that an element of this type takes.
    var minimumByteCount: Int {
        switch self {
        case .string: 8
        case .array: 12
        default: byteCount ?? 1
        }
    }
}

/// A metadata value. Arrays stay in the file.
enum GGUFValue: Sendable {
    case signed(Int64)
    case unsigned(UInt64)
    case float(Double)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)

    /// What an error calls it.
    var kind: String {
        switch self {
        case .signed, .unsigned: "an integer"
        case .float: "a float"
        case .bool: "a boolean"
        case .string: "a string"
        case .array(let array): "an array of \(array.count) \(array.elementType) values"
        }
    }
}
