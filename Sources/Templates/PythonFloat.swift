extension Double {
    /// Python's repr: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e16 on.
    var pythonDescription: String {
        guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
        let (digits, exponent) = shortestDigits
        let sign = self.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = abs(exponent)
            return
                "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)"
        }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The shortest significant digits and the decimal exponent of the first one.
    private var shortestDigits: (digits: String, exponent: Int) {
        var text = Substring(magnitude.description)
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = parts[0]
        let fraction = parts.count > 1 ? parts[1] : ""
        var digits = String(whole + fraction)
        exponent += whole.count - 1
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 {
            digits.removeLast()
        }
        return digits == "0" ? ("0", 0) : (digits, exponent)
    }

    /// The exact decimal expansion, rounded half to even to so many places after the point, without a sign.
    func fixedDigits(places: Int) -> String {
        let (numerator, power) = exactFraction
        // value = numerator / 10^power; drop power - places digits, rounding the exact value.
        var digits = numerator
        if power > places {
            digits = Self.roundedDigits(digits, dropping: power - places)
        } else {
            digits += String(repeating: "0", count: places - power)
        }
        if digits.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.count) + digits
        }
        return places == 0 ? digits : digits.dropLast(places) + "." + digits.suffix(places)
    }

    /// The finite magnitude as an integer's digits over a power of ten, exactly.
    private var exactFraction: (digits: String, power: Int) {
        guard self != 0 else { return ("0", 0) }
        let mantissa = Int(significandBitPattern) | (isNormal ? 1 << 52 : 0)
        let exponent = isNormal ? Int(self.exponent) - 52 : -1074
        var value = DecimalDigits(mantissa)
        // Each halving is five over ten.
        for _ in 0..<abs(exponent) {
            value.multiply(by: exponent < 0 ? 5 : 2)
        }
        return (value.description, max(-exponent, 0))
    }

    /// Digits of an integer without its last ones, rounded half to even.
    private static func roundedDigits(_ digits: String, dropping count: Int) -> String {
        let padded = Array(
            String(repeating: "0", count: max(count + 1 - digits.utf8.count, 0)).utf8 + Array(digits.utf8))
        var kept = Array(padded[..<(padded.count - count)])
        let dropped = padded[(padded.count - count)...]
        let half = UInt8(ascii: "5")
        let isAboveHalf =
            (dropped.first ?? 0) > half || (dropped.first == half && dropped.dropFirst().contains { $0 != 48 })
        let isHalf = dropped.first == half && !isAboveHalf
        if isAboveHalf || (isHalf && (kept.last ?? 48) % 2 == 1) {
            var index = kept.count - 1
            while index >= 0, kept[index] == UInt8(ascii: "9") {
                kept[index] = UInt8(ascii: "0")
                index -= 1
            }
            if index >= 0 {
                kept[index] += 1
            } else {
                kept.insert(UInt8(ascii: "1"), at: 0)
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// The magnitude as one digit, point, so many places and a decimal exponent, rounded half to even exactly.
    func scientificDigits(places: Int) -> (digits: String, exponent: Int) {
        let (digits, power) = exactFraction
        guard self != 0 else {
            return (places == 0 ? "0" : "0." + String(repeating: "0", count: places), 0)
        }
        var exponent = digits.count - 1 - power
        var kept = digits
        if digits.count > places + 1 {
            kept = Self.roundedDigits(digits, dropping: digits.count - places - 1)
            if kept.count > places + 1 {
                kept.removeLast()
                exponent += 1
            }
        } else {
            kept += String(repeating: "0", count: places + 1 - digits.count)
        }
        return (places == 0 ? kept : kept.prefix(1) + "." + kept.dropFirst(), exponent)
    }
}

/// A natural number that grows by small factors, for exact decimal expansions: at most 1,100 digits for any Double.
private struct DecimalDigits {
    private var limbs: [UInt32]

    init(_ value: Int) {
        limbs = [UInt32(value % 1_000_000_000), UInt32(value / 1_000_000_000)]
    }

    mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            carry += UInt64(limbs[index]) * factor
            limbs[index] = UInt32(carry % 1_000_000_000)
            carry /= 1_000_000_000
        }
        if carry > 0 {
            limbs.append(UInt32(carry))
        }
    }

    var description: String {
        var text = ""
        for limb in limbs.reversed() {
            let digits = String(limb)
            text += text.isEmpty ? (limb == 0 ? "" : digits) : String(repeating: "0", count: 9 - digits.count) + digits
        }
        return text.isEmpty ? "0" : text
    }
}
