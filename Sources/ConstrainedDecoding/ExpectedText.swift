internal import Sampling
internal import Synchronization
internal import Tokenization
internal import Tokens

/// What an output is expected to go on with, where its grammar leaves it little choice.
///
/// Where one byte is all that may come, the text is certain, though not how it is cut into tokens: it is expected to be cut
/// as the tokenizer cuts it. Where white space may come before that byte, as much is expected as was written behind the same
/// text before.
extension CompiledGrammar {
    /// How far is looked ahead, in bytes.
    private static let expectedByteLimit = 192
    /// How many of an output's last tokens tell how it writes white space.
    private static let styleTokenCount = 96

    /// The tokens that are expected at a position; none where the output is free to choose.
    func expectedTokens(at position: Position) -> [ExpectedToken] {
        tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            return expectedTokens(position.state, behind: position.tokens, &tables.automaton)
        }
    }

    private func expectedTokens(
        _ start: GrammarAutomaton.StateID, behind tokens: [TokenID], _ automaton: inout GrammarAutomaton
    ) -> [ExpectedToken] {
        var state = start
        var expected: [ExpectedToken] = []
        var text = ExpectedText()
        var isOpen = false
        while !isOpen, text.byteCount < Self.expectedByteLimit, !automaton.isAccepting(state) {
            switch automaton.onlyChoice(in: state) {
            case .token(let token):
                expected += encode(text.take(), isOpen: false)
                expected.append(ExpectedToken(token))
                state = automaton.next(state, token: token)
            case .byte(let byte, let maySpace):
                if maySpace {
                    text.noteChoice()
                    text.begin { bytes(of: tokens.suffix(Self.styleTokenCount)) }
                    for space in text.expectedSpaces() {
                        state = automaton.next(state, space)
                        text.append(space)
                    }
                }
                state = automaton.next(state, byte)
                text.append(byte)
                // Less white space is allowed here than there was before.
                if state == GrammarAutomaton.dead { return [] }
            case nil:
                isOpen = true
            }
        }
        return expected + encode(text.take(), isOpen: isOpen)
    }

    /// The tokens of a text; of one behind which the output is free, those that hardly depend on how it goes on.
    private func encode(_ piece: ExpectedText.Piece, isOpen: Bool) -> [ExpectedToken] {
        guard let last = piece.bytes.last, let text = String(validating: piece.bytes, as: UTF8.self) else { return [] }
        var tokens = vocabulary.tokenizer.encode(text, addedTokens: .none)
        if isOpen, last.isInWord {
            tokens.removeLast()
        }
        var start = 0
        return tokens.map { token in
            let range = start..<start + vocabulary.tokenizer.withBytes(of: token) { $0.count }
            start = range.upperBound
            return ExpectedToken(token, isOptional: piece.choices.contains(where: range.contains))
        }
    }

    private func bytes(of tokens: ArraySlice<TokenID>) -> [UInt8] {
        var bytes: [UInt8] = []
        for token in tokens where !vocabulary.added.contains(token) {
            vocabulary.tokenizer.appendBytes(of: token, to: &bytes)
        }
        return bytes
    }
}

/// Text that is expected, behind what was written.
private struct ExpectedText {
    private var bytes: [UInt8] = []
    /// Where the expected bytes begin that were not taken.
    private var start = 0
    private var hasBegun = false
    private(set) var byteCount = 0
    /// The places, counted from `start`, at which white space might have come.
    private var choices: [Int] = []

    /// What was expected up to a token that is no text, or to the end.
    struct Piece {
        var bytes: ArraySlice<UInt8>
        /// Where white space might have come, or not have come.
        var choices: [Int]
    }

    /// White space may come next.
    mutating func noteChoice() {
        choices.append(bytes.count - start)
    }

    /// Puts before the text what was written; the first call counts.
    mutating func begin(_ written: () -> [UInt8]) {
        guard !hasBegun else { return }
        let before = written()
        bytes.insert(contentsOf: before, at: 0)
        start += before.count
        hasBegun = true
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
        byteCount += 1
    }

    mutating func take() -> Piece {
        defer {
            start = bytes.count
            choices = []
        }
        return Piece(bytes: bytes[start...], choices: choices)
    }

    /// The rest of the white space that stood last behind the same byte; a space behind the first colon and comma.
    func expectedSpaces() -> ArraySlice<UInt8> {
        let isSpace = JSONGrammar.whitespaceBytes.contains
        guard let place = bytes.lastIndex(where: { !isSpace($0) }) else { return [] }
        let present = bytes[(place + 1)...]
        let usual: ArraySlice<UInt8>
        if let before = bytes[..<place].lastIndex(of: bytes[place]) {
            usual = bytes[(before + 1)...].prefix(while: isSpace)
        } else {
            usual = bytes[place] == UInt8(ascii: ":") || bytes[place] == UInt8(ascii: ",") ? [UInt8(ascii: " ")] : []
        }
        return usual.starts(with: present) ? usual.dropFirst(present.count) : []
    }
}

extension UInt8 {
    /// Whether it may be in the midst of a word or a number.
    fileprivate var isInWord: Bool {
        switch self {
        case 0x80..., UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20
        }
    }
}

extension GrammarAutomaton {
    /// What comes next, where there is no choice.
    fileprivate enum OnlyChoice {
        /// A token that is no text.
        case token(TokenID)
        /// A byte, before which white space may come if `maySpace`.
        case byte(UInt8, maySpace: Bool)
    }

    /// What must come next in a state; nil where there is a choice. White space before it is none.
    fileprivate mutating func onlyChoice(in state: StateID) -> OnlyChoice? {
        // There is no need to look at all the bytes of a text.
        guard textRoom(state) < 0 else { return nil }
        var byte: UInt8?
        var space: UInt8?
        var spaceCount = 0
        for candidate in UInt8.min...UInt8.max where next(state, candidate) != Self.dead {
            if JSONGrammar.whitespaceBytes.contains(candidate) {
                space = candidate
                spaceCount += 1
            } else if byte == nil {
                byte = candidate
            } else {
                return nil
            }
        }
        let tokens = tokens(in: state)
        guard byte != nil || spaceCount > 0 else { return tokens.count == 1 ? .token(tokens[0]) : nil }
        guard tokens.isEmpty else { return nil }
        if let byte {
            return .byte(byte, maySpace: spaceCount > 0)
        }
        return spaceCount == 1 ? space.map { .byte($0, maySpace: false) } : nil
    }
}
