/// Reads the JSON object of a tool call byte by byte, and finds its name and its arguments in it.
///
/// States: before the object, between its members, inside a key, inside a value, behind the object, and broken, from which
/// there is no way back.
struct ToolCallScanner: Sendable {
    private enum State {
        case beforeObject
        case beforeKey
        case key
        case beforeColon
        case beforeValue
        case value
        case afterValue
        case afterObject
        case broken
    }

    private var state = State.beforeObject
    private var key: [UInt8] = []
    private var value: [UInt8] = []
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// The JSON text of the name, quotes included, once it is complete.
    private(set) var name: [UInt8]?
    /// The JSON text of the arguments, as far as it came and was not taken.
    private(set) var arguments: [UInt8] = []
    private(set) var argumentsAreComplete = false

    /// What came of the arguments since the last time.
    mutating func takeArguments() -> [UInt8] {
        let taken = arguments
        arguments.removeAll(keepingCapacity: true)
        return taken
    }

    mutating func consume(_ byte: UInt8) {
        switch state {
        case .key: consumeInKey(byte)
        case .value: consumeInValue(byte)
        case .broken: break
        default: consumeBetween(byte)
        }
    }

    private mutating func consumeBetween(_ byte: UInt8) {
        if byte == UInt8(ascii: " ") || (9...13).contains(byte) { return }
        switch (state, byte) {
        case (.beforeObject, UInt8(ascii: "{")), (.afterValue, UInt8(ascii: ",")):
            state = .beforeKey
        case (.beforeKey, UInt8(ascii: "\"")):
            state = .key
            key.removeAll(keepingCapacity: true)
        case (.beforeColon, UInt8(ascii: ":")):
            state = .beforeValue
        case (.beforeValue, _):
            beginValue(byte)
        case (.beforeKey, UInt8(ascii: "}")), (.afterValue, UInt8(ascii: "}")):
            state = .afterObject
        case (.afterObject, _):
            break
        default:
            state = .broken
        }
    }

    private mutating func consumeInKey(_ byte: UInt8) {
        if byte == UInt8(ascii: "\"") {
            state = .beforeColon
        } else {
            key.append(byte)
        }
    }

    private mutating func beginValue(_ byte: UInt8) {
        state = .value
        value.removeAll(keepingCapacity: true)
        depth = 0
        isInString = false
        isEscaped = false
        consumeInValue(byte)
    }

    private var isArguments: Bool {
        !argumentsAreComplete && key.elementsEqual("arguments".utf8)
    }

    private mutating func consumeInValue(_ byte: UInt8) {
        if depth == 0 && !isInString && !value.isEmpty {
            // A number, true, false or null ends where the next thing begins.
            if [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: " "), UInt8(ascii: "\n")].contains(byte) {
                endValue()
                consumeBetween(byte)
                return
            }
        }
        value.append(byte)
        if isArguments {
            arguments.append(byte)
        }
        if isInString {
            consumeInString(byte)
        } else {
            consumeStructure(byte)
        }
    }

    private mutating func consumeInString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            if depth == 0 { endValue() }
        }
    }

    private mutating func consumeStructure(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if depth <= 0 { endValue() }
        default:
            break
        }
    }

    private mutating func endValue() {
        if name == nil, key.elementsEqual("name".utf8) {
            name = value
        } else if isArguments {
            argumentsAreComplete = true
        }
        state = .afterValue
    }
}
