package import JSON
package import Serving

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

extension TokenUsage {
    /// `restored_reasoning`: how many messages of the prompt got back the reasoning that the client had left out; nothing where
    /// none did.
    package func writeRestoredReasoning(to writer: inout JSONWriter) {
        guard restoredReasoningCount > 0 else { return }
        writer.append(key: "restored_reasoning", int: restoredReasoningCount)
    }
}
