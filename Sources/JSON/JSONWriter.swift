/// Writes JSON text token by token into a byte array, without building values: for replies and streamed events.
///
/// Commas and colons appear by themselves. The caller keeps the grammar: a key before each value of an object, and every
/// container ended. A writer that is kept and cleared by `removeAll` does not allocate again.
public struct JSONWriter: Sendable {
    /// What was written so far, in UTF-8.
    public private(set) var bytes: [UInt8]
    private let style: JSONStyle
    private var depth = 0
    private var needsComma = false
    private var followsKey = false

    /// A writer that appends to `bytes`.
    public init(style: JSONStyle = .compact, appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
        self.style = style
    }

    /// Forgets what was written but keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
        needsComma = false
        followsKey = false
    }

    public mutating func beginObject() { begin(UInt8(ascii: "{")) }
    public mutating func endObject() { end(UInt8(ascii: "}")) }
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// The key of the next value.
    public mutating func append(key: String) {
        separate()
        appendQuoted(key)
        bytes.append(UInt8(ascii: ":"))
        if style.spacing == .single {
            bytes.append(UInt8(ascii: " "))
        }
        needsComma = false
        followsKey = true
    }

    /// A string value.
    public mutating func append(string: String) {
        separate()
        appendQuoted(string)
    }

    /// A number value.
    public mutating func append(int: Int) {
        separate()
        appendDigits(int)
    }

    /// A number value of the shortest text that reads back the same; `null` for infinities and NaN.
    public mutating func append(double: Double) {
        separate()
        bytes.append(contentsOf: (double.isFinite ? double.description : "null").utf8)
    }

    /// A number value of the shortest text that reads back the same `Float`; `null` for infinities and NaN.
    public mutating func append(float: Float) {
        separate()
        bytes.append(contentsOf: (float.isFinite ? float.description : "null").utf8)
    }

    public mutating func append(bool: Bool) {
        separate()
        bytes.append(contentsOf: (bool ? "true" : "false").utf8)
    }

    public mutating func appendNull() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// A value that is JSON text already; it is copied as it is.
    public mutating func append(rawJSON: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: rawJSON)
    }

    /// Any value, with all it holds.
    public mutating func append(value: JSONValue) {
        switch value {
        case .null: appendNull()
        case .bool(let flag): append(bool: flag)
        case .number(let number): append(rawJSON: number.text.utf8)
        case .string(let text): append(string: text)
        case .array(let elements):
            beginArray()
            for element in elements {
                append(value: element)
            }
            endArray()
        case .object(let object):
            beginObject()
            for (key, value) in object {
                append(key: key)
                append(value: value)
            }
            endObject()
        }
    }
}

extension JSONWriter {
    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if needsComma {
            breakLine()
        }
        bytes.append(bracket)
        needsComma = true
    }

    /// Writes what must stand before the next key or value.
    private mutating func separate() {
        if followsKey {
            followsKey = false
        } else {
            if needsComma {
                bytes.append(UInt8(ascii: ","))
                if style.spacing == .single, style.indentation == nil {
                    bytes.append(UInt8(ascii: " "))
                }
            }
            if depth > 0 {
                breakLine()
            }
        }
        needsComma = true
    }

    private mutating func breakLine() {
        guard let indentation = style.indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation * max(depth, 0)))
    }

    private mutating func appendDigits(_ value: Int) {
        if value < 0 {
            bytes.append(UInt8(ascii: "-"))
        }
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        JSONEscaping.append(text, to: &bytes, escapingNonASCII: style.escapesNonASCII)
        bytes.append(UInt8(ascii: "\""))
    }
}
