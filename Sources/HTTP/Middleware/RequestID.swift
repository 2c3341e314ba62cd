/// The name of a request in logs and in `x-request-id`.
enum RequestID {
    /// The client's own name for its request if it is short and harmless, else a new one.
    static func accept(_ proposed: String?) -> String {
        guard let proposed, (1...128).contains(proposed.utf8.count), proposed.utf8.allSatisfy(isHarmless) else {
            return make()
        }
        return proposed
    }

    /// A new, random name.
    static func make() -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bits = UInt64.random(in: .min ... .max)
        var bytes = Array("req_".utf8)
        for _ in 0..<16 {
            bytes.append(digits[Int(bits & 15)])
            bits >>= 4
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // A name ends up in logs and in a header: no spaces, quotes or control bytes.
    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "+"): true
        case UInt8(ascii: "/"), UInt8(ascii: "="): true
        default: false
        }
    }
}
