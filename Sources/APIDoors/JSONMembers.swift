package import JSON

extension JSONWriter {
    /// A string value, or null.
    package mutating func append(optional text: String?) {
        if let text {
            append(string: text)
        } else {
            appendNull()
        }
    }

    package mutating func append(key: String, int: Int) {
        append(key: key)
        append(int: int)
    }

    package mutating func append(key: String, double: Double) {
        append(key: key)
        append(double: double)
    }

    package mutating func append(key: String, string: String) {
        append(key: key)
        append(string: string)
    }

    package mutating func append(key: String, bool: Bool) {
        append(key: key)
        append(bool: bool)
    }
}

extension Duration {
    /// To the microsecond.
    package var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1e3 + (Double(attoseconds) / 1e12).rounded() / 1e3
    }
}
