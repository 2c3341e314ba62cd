import JSON
import Templates
import Testing

@Suite struct TemplateTests {
    @Test func `templates of random tokens never crash and always stop`() {
        let pieces = [
            "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{{-", "-}}", " ", "\n", "for", "in", "if", "else",
            "elif", "endif",
            "endfor", "set", "endset", "macro", "endmacro", "call", "endcall", "filter", "endfilter", "raw", "endraw",
            "with", "endwith", "block", "endblock", "generation", "endgeneration", "break", "continue", "recursive",
            "x", "y",
            "l", "loop", "caller", "self", "m", "range", "namespace", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|",
            "=", "==", "~",
            "+", "-", "*", "/", "//", "**", "%", "<", ">", "!=", "is", "not", "and", "or", "none", "true", "1", "2.5",
            "9999999999999999999",
            "'a'", "\"b", "'", "\\", "upper", "join", "tojson", "defined", "length", "split", "items", "é", "\u{1F600}",
            "\u{0}",
        ]
        var generator = SeededGenerator(seed: 7)
        let limits = RenderLimits(steps: 20_000, depth: 100, textByteCount: 10_000, elementCount: 1_000)
        var renderedCount = 0
        for _ in 0..<6_000 {
            let count = Int.random(in: 1...14, using: &generator)
            var source = Bool.random(using: &generator) ? "{{ " : ""
            for _ in 0..<count {
                source += pieces.randomElement(using: &generator) ?? ""
                source += Bool.random(using: &generator) ? " " : ""
            }
            source += Bool.random(using: &generator) ? " }}" : ""
            if (try? Template(source).render(["x": "a b", "l": [1, "two", nil], "y": ["k": 1]], limits: limits)) != nil
            {
                renderedCount += 1
            }
        }
        #expect(renderedCount > 100)
    }

    @Test func `many tasks may render one template at once`() async throws {
        let template = try Template("{% for m in messages %}{{ loop.index }}:{{ m|upper }};{% endfor %}")
        await withTaskGroup(of: String?.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let context: JSONObject = ["messages": ["a", "b", .string("n\(number)")]]
                    return try? template.render(context).text
                }
            }
            var texts: Set<String> = []
            for await text in group {
                texts.insert(text ?? "")
            }
            #expect(texts == Set((0..<50).map { "1:A;2:B;3:N\($0);" }))
        }
    }

    @Test func `numbers of the caller print as Python prints them`() throws {
        let context: JSONObject = [
            "x": try JSONValue(parsing: "[1.0, -0.0, 1e+100, 123456789012345678901, 1E5, 1e-7, 0.1, 1e16]")
        ]
        let expected = "[1.0, -0.0, 1e+100, 123456789012345678901, 100000.0, 1e-07, 0.1, 1e+16]"
        #expect(try Template("{{ x|tojson }}").render(context).text == expected)
        #expect(try Template("{{ x }}").render(context).text == expected)
    }

    @Test func `the time is the caller's to give`() throws {
        let template = try Template("{{ strftime_now('%Y') }}")
        #expect(try template.render([:], now: 1_000_000_000).text == "2001")
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
