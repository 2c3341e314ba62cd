internal import JSON

/// The grammar of JSON texts, in rules that are added as they are needed.
///
/// It writes less than JSON allows, and nothing else: white space only between tokens and at most eight in a row, numbers
/// of bounded length, and no key of a member spelled with escapes that it does not need.
struct JSONGrammar {
    /// The bytes of white space.
    static let whitespaceBytes = ByteSet(" \t\n\r".utf8)
    private static let whitespaceLimit = 8
    /// Digits of a whole number that every reader's 64-bit integers hold.
    static let integerDigitLimit = 18

    var rules = GrammarRules()
    private var known: [String: GrammarExpression] = [:]

    private mutating func rule(
        _ name: String, _ make: (inout JSONGrammar) -> GrammarExpression
    ) -> GrammarExpression {
        if let expression = known[name] {
            return expression
        }
        let id = rules.reserve()
        known[name] = .rule(id)
        rules.define(id, as: make(&self))
        return .rule(id)
    }

    /// White space between tokens.
    var whitespace: GrammarExpression {
        mutating get {
            rule("whitespace") { _ in
                .repeated(.set(Self.whitespaceBytes), minimum: 0, maximum: Self.whitespaceLimit)
            }
        }
    }

    /// A comma and the white space behind it.
    var separator: GrammarExpression {
        mutating get {
            let whitespace = whitespace
            return rule("separator") { _ in .sequence([.text(","), whitespace]) }
        }
    }

    /// One character of a string, in any spelling.
    var character: GrammarExpression {
        mutating get {
            rule("character") { _ in
                let digit = GrammarExpression.anyOf("0123456789abcdefABCDEF")
                let units: [GrammarExpression] = [
                    .sequence([.anyOf("0123456789abcefABCEF"), digit, digit, digit]),
                    .sequence([.anyOf("dD"), .anyOf("01234567"), digit, digit]),
                    .sequence([
                        .anyOf("dD"), .anyOf("89abAB"), digit, digit, .text("\\u"), .anyOf("dD"),
                        .anyOf("cdefCDEF"), digit, digit,
                    ]),
                ]
                return .choice([
                    Self.plain(.all),
                    .sequence([
                        .text("\\"),
                        .choice([.anyOf("\"\\/bfnrt"), .sequence([.text("u"), .choice(units)])]),
                    ]),
                ])
            }
        }
    }

    var string: GrammarExpression {
        mutating get {
            let character = character
            return rule("string") { _ in Self.quoted(.repeated(character, minimum: 0, maximum: nil)) }
        }
    }

    var number: GrammarExpression {
        mutating get {
            rule("number") { _ in
                .sequence([
                    .optional(.text("-")), Self.naturalNumber(digitLimit: 16),
                    .optional(.sequence([.text("."), .repeated(Self.digit, minimum: 1, maximum: 16)])),
                    .optional(
                        .sequence([
                            .anyOf("eE"), .optional(.anyOf("+-")), .repeated(Self.digit, minimum: 1, maximum: 2),
                        ])),
                ])
            }
        }
    }

    var integer: GrammarExpression {
        mutating get {
            rule("integer") { _ in
                .choice([
                    .text("0"),
                    .sequence([
                        .optional(.text("-")), Self.nonzeroDigit,
                        .repeated(Self.digit, minimum: 0, maximum: Self.integerDigitLimit - 1),
                    ]),
                ])
            }
        }
    }

    var boolean: GrammarExpression { .choice([.text("true"), .text("false")]) }
    var null: GrammarExpression { .text("null") }

    /// Any value.
    var value: GrammarExpression {
        mutating get {
            rule("value") { grammar in
                .choice([
                    grammar.object, grammar.array, grammar.string, grammar.number, grammar.boolean, grammar.null,
                ])
            }
        }
    }

    /// Any object.
    var object: GrammarExpression {
        mutating get {
            rule("object") { grammar in
                let value = grammar.value
                return grammar.object([], extra: grammar.member(grammar.string, value))
            }
        }
    }

    /// Any array.
    var array: GrammarExpression {
        mutating get {
            rule("array") { grammar in
                let element = grammar.element(grammar.value)
                let elements = GrammarExpression.joined([], separator: grammar.separator, extra: element)
                return grammar.bracketed("[", elements, "]")
            }
        }
    }

    mutating func object(
        _ members: [GrammarExpression.Item], extra: GrammarExpression?
    ) -> GrammarExpression {
        bracketed("{", .joined(members, separator: separator, extra: extra), "}")
    }

    /// A member and the white space behind it.
    mutating func member(_ key: GrammarExpression, _ value: GrammarExpression) -> GrammarExpression {
        .sequence([key, .text(":"), whitespace, value, whitespace])
    }

    /// An element and the white space behind it, which thus is there but once where there are no elements.
    mutating func element(_ value: GrammarExpression) -> GrammarExpression {
        .sequence([value, whitespace])
    }

    /// Members or elements, each with the white space behind it, in brackets.
    mutating func bracketed(_ open: String, _ inside: GrammarExpression, _ close: String) -> GrammarExpression {
        .sequence([.text(open), whitespace, inside, .text(close)])
    }
}

extension JSONGrammar {
    static let digit = GrammarExpression.anyOf("0123456789")
    static let nonzeroDigit = GrammarExpression.anyOf("123456789")

    static func naturalNumber(digitLimit: Int) -> GrammarExpression {
        .choice([
            .text("0"), .sequence([nonzeroDigit, .repeated(digit, minimum: 0, maximum: digitLimit - 1)]),
        ])
    }

    static func quoted(_ inside: GrammarExpression) -> GrammarExpression {
        .sequence([.text("\""), inside, .text("\"")])
    }

    /// A value that is written in one way only.
    static func literal(_ value: JSONValue) -> GrammarExpression {
        .bytes(value.serializedBytes())
    }

    /// A string's text in its shortest spelling, without quotes.
    static func escaped(_ text: String) -> [UInt8] {
        Array(JSONValue.string(text).serializedBytes().dropFirst().dropLast())
    }

    /// One character of a class as it stands in a string without an escape.
    static func plain(_ scalars: ScalarClass) -> GrammarExpression {
        scalars.intersection(plainScalars).expression
    }

    /// One character of a class as it is spelled in a string: with an escape where it needs one.
    static func spelled(_ scalars: ScalarClass) -> GrammarExpression {
        var spellings: [GrammarExpression] = [plain(scalars)]
        for scalar in Array(0..<0x20) + [0x22, 0x5C] as [UInt32] where scalars.contains(scalar) {
            if let scalar = Unicode.Scalar(scalar) {
                var bytes: [UInt8] = []
                JSONEscaping.append(String(Character(scalar)), to: &bytes)
                spellings.append(.bytes(bytes))
            }
        }
        return spellings.count == 1 ? spellings[0] : .choice(spellings)
    }

    private static let plainScalars = ScalarClass([0...0x1F, 0x22...0x22, 0x5C...0x5C]).inverted

    /// A string without escapes that is none of those given.
    mutating func string(except names: [String]) -> GrammarExpression {
        let keys = names.map { Array($0.unicodeScalars.map(\.value)) }
        return rules.add(Self.quoted(Self.rest(of: keys)))
    }

    /// What may follow where these are the rests of the forbidden keys that were begun.
    private static func rest(of keys: [[UInt32]]) -> GrammarExpression {
        var byFirst: [UInt32: [[UInt32]]] = [:]
        for key in keys {
            if let first = key.first {
                byFirst[first, default: []].append(Array(key.dropFirst()))
            }
        }
        let any = GrammarExpression.repeated(plain(.all), minimum: 0, maximum: nil)
        let others = ScalarClass(byFirst.keys.map { $0...$0 }).inverted
        var choices: [GrammarExpression] = [.sequence([plain(others), any])]
        for (first, rests) in byFirst.sorted(by: { $0.key < $1.key }) {
            choices.append(.sequence([plain(ScalarClass(scalar: first)), rest(of: rests)]))
        }
        if !keys.contains([]) {
            choices.append(.empty)
        }
        return .choice(choices)
    }
}
