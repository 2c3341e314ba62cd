/// A size in bytes as people write it: `1073741824`, `1GiB`, `1.5GiB`, `512MB`.
struct ByteCount: Equatable, Sendable {
    let value: Int

    init(_ value: Int) {
        self.value = value
    }

    /// nil where the text is no positive size, or one beyond an `Int`.
    init?(_ text: String) {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let scale = Self.scales[unit.lowercased()] else { return nil }
        if let whole = Int(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
            guard whole > 0, !overflow else { return nil }
            value = product
        } else {
            guard let fraction = Double(number), let bytes = Int(exactly: (fraction * Double(scale)).rounded()) else {
                return nil
            }
            guard bytes > 0 else { return nil }
            value = bytes
        }
    }

    /// `GiB` and the plain `G` count in 1024, `GB` in 1000.
    private static let scales: [String: Int] = [
        "": 1, "b": 1,
        "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
        "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    ]
}

extension ByteCount: CustomStringConvertible {
    /// In the largest binary unit of which there is at least one, to three digits: `1.25 GiB`.
    var description: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var scaled = Double(value)
        var unit = 0
        while scaled >= 1_024, unit < units.count - 1 {
            scaled /= 1_024
            unit += 1
        }
        if unit == 0 { return "\(value) B" }
        let scale = scaled < 10 ? 100.0 : scaled < 100 ? 10.0 : 1.0
        let rounded = (scaled * scale).rounded() / scale
        return "\(rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)) \(units[unit])"
    }
}
