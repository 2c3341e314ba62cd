/// A Unicode scalar and how many bytes of UTF-8 it takes.
struct DecodedScalar {
    let value: UInt32
    let length: Int
}

extension Span<UInt8> {
    /// The scalar that starts at `position` of well-formed UTF-8.
    @inline(__always)
    func scalar(at position: Int) -> DecodedScalar {
        let first = UInt32(self[position])
        if first < 0x80 {
            return DecodedScalar(value: first, length: 1)
        }
        if first < 0xE0 {
            return DecodedScalar(value: (first & 0x1F) << 6 | continuation(position + 1), length: 2)
        }
        if first < 0xF0 {
            let value = (first & 0x0F) << 12 | continuation(position + 1) << 6 | continuation(position + 2)
            return DecodedScalar(value: value, length: 3)
        }
        let high = (first & 0x07) << 18 | continuation(position + 1) << 12
        return DecodedScalar(value: high | continuation(position + 2) << 6 | continuation(position + 3), length: 4)
    }

    @inline(__always)
    private func continuation(_ position: Int) -> UInt32 {
        UInt32(self[position] & 0x3F)
    }
}

extension [UInt8] {
    /// Appends a scalar's UTF-8 bytes.
    mutating func append(scalar value: UInt32) {
        switch value {
        case 0..<0x80:
            append(UInt8(truncatingIfNeeded: value))
        case 0x80..<0x800:
            append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        case 0x800..<0x10000:
            append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        default:
            append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        }
    }
}
