internal import JSON
internal import Sampling

/// The value of one parameter, from the text of its element to JSON text.
///
/// A line feed at either end belongs to the tags. What may be the beginning of the closing tag is held back; so is a value
/// whose spelling nobody knows, until it is complete.
struct ParameterValue: Sendable {
    private static let closingTag = "</parameter>"
    private static let null = Array("null".utf8)

    private enum Form {
        case string
        case stringOrNull
        case json
        case unknown
    }

    private let form: Form
    private var matcher: StopStringMatcher
    private var held: [UInt8] = []
    private var hasBegun = false
    private var isInString = false
    private(set) var isComplete = false

    /// A value that is spelled in this way; nil where that is unknown.
    init(_ spelling: ParameterSpelling?) {
        form =
            switch spelling {
            case .text: .string
            case .textOrNull: .stringOrNull
            case .json: .json
            case nil: .unknown
            }
        // Strings in JSON hold no line feeds, but may hold the tag.
        let endings = ["\n\(Self.closingTag)"] + (form == .json ? [] : [Self.closingTag])
        matcher = StopStringMatcher(endings)
    }

    /// What a byte adds to the JSON text.
    mutating func consume(_ byte: UInt8) -> [UInt8] {
        if !hasBegun {
            hasBegun = true
            if byte == UInt8(ascii: "\n") {
                // It may be all that stands between the tags.
                _ = matcher.consume(CollectionOfOne(byte))
                return []
            }
        }
        held.append(byte)
        if let match = matcher.consume(CollectionOfOne(byte)), isEnd(match) {
            held.removeLast(min(match.length, held.count))
            isComplete = true
            return release(held, isLast: true)
        }
        guard form != .unknown else { return [] }
        let count = max(0, held.count - matcher.heldByteCount)
        return release(Array(held.prefix(count)), isLast: false)
    }

    /// A tag that follows no line feed may stand in a string of a value that looks like JSON.
    private func isEnd(_ match: StopStringMatcher.Match) -> Bool {
        guard form == .unknown, match.length == Self.closingTag.utf8.count, let first = held.first else { return true }
        return ![UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "[")].contains(first)
    }

    private mutating func release(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
        switch form {
        case .json:
            held.removeFirst(bytes.count)
            return bytes
        case .unknown:
            return Self.guess(bytes)
        case .stringOrNull where !isInString && isLast && bytes.elementsEqual(Self.null):
            return Self.null
        case .stringOrNull where !isInString && !isLast && Self.null.starts(with: bytes):
            return []
        case .string, .stringOrNull:
            held.removeFirst(bytes.count)
            var text: [UInt8] = isInString ? [] : [UInt8(ascii: "\"")]
            isInString = true
            for byte in bytes {
                append(byte, to: &text)
            }
            if isLast { text.append(UInt8(ascii: "\"")) }
            return text
        }
    }

    /// A byte of a string; those beyond ASCII stand for themselves, also where they are parts of a scalar.
    private func append(_ byte: UInt8, to text: inout [UInt8]) {
        if byte < 0x80 {
            JSONEscaping.append(String(UnicodeScalar(byte)), to: &text)
        } else {
            text.append(byte)
        }
    }

    /// JSON where it is some, Python's words for true, false and none, and strings otherwise.
    private static func guess(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        switch text {
        case "True": return Array("true".utf8)
        case "False": return Array("false".utf8)
        case "None": return null
        default: return (try? JSONValue(parsing: bytes)) != nil ? bytes : JSONValue.string(text).serializedBytes()
        }
    }
}
