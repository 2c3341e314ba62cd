import JSON
import Templates

/// A chat template's source, rendered for a conversation with tools. Invariants: rendering ends within its limits and comes out
/// the same each time; what two neighbouring segments hold differs in origin.
struct TemplateTarget: FuzzTarget {
    static let name = "template"

    /// So small that an input of a few hundred bytes reaches them.
    private static let limits = RenderLimits(steps: 20_000, depth: 60, textByteCount: 1 << 16, elementCount: 2_000)

    private static let context: JSONObject = [
        "messages": [
            ["role": "system", "content": "Be brief."],
            ["role": "user", "content": "How warm is it in Köln? <|im_end|>"],
            [
                "role": "assistant", "content": "", "reasoning_content": "\nI look.\n",
                "tool_calls": [
                    ["type": "function", "function": ["name": "weather", "arguments": ["city": "Köln", "n": 2]]]
                ],
            ],
            ["role": "tool", "content": "{\"celsius\": 21.5}"],
        ],
        "tools": [
            [
                "type": "function",
                "function": [
                    "name": "weather", "parameters": ["type": "object", "properties": ["city": ["type": "string"]]],
                ],
            ]
        ],
        "add_generation_prompt": true, "enable_thinking": false, "number": -7, "half": 0.5, "nothing": nil,
        "list": [3, "b", [1, 2]], "text": "a-b c\u{301}<&'\">", "bos_token": "<|endoftext|>",
    ]

    func run(_ input: [UInt8]) {
        guard let template = try? Template(String(decoding: input, as: UTF8.self)),
            let rendered = try? template.render(Self.context, limits: Self.limits, now: 1_700_000_000)
        else { return }
        require(rendered.text.utf8.count <= Self.limits.textByteCount, "a text is longer than its limit")
        for (segment, next) in zip(rendered.segments, rendered.segments.dropFirst()) {
            require(segment.origin != next.origin, "two neighbours are of one origin")
        }
        require(rendered.segments.allSatisfy { !$0.text.isEmpty }, "a segment is empty")
        let again = try? template.render(Self.context, limits: Self.limits, now: 1_700_000_000)
        require(again == rendered, "a template renders differently the second time")
    }
}
