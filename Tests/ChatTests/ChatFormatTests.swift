import JSON
import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import Chat

@Suite("A chat format")
struct ChatFormatTests {
    /// Groups whose prompts differ from the reference's on purpose, and why.
    private static let deviations: [String: String] = [
        "content-list": "the reference drops a list of parts; we join its text",
        "content-list-two": "as above",
        "content-null": "an old template fails without content; it gets an empty text",
        "content-missing": "as above",
        "content-number": "content that is no text is refused",
        "unknown-role": "the reference drops developer messages; they are the system's",
        "think-no-open": "content is split only where it begins with a think tag",
        "continue-open-think": "a think block left open goes on, instead of following an empty one",
    ]

    @Test("renders what the reference renders, but where that loses what a client sent")
    func templateCases() throws {
        var formats: [String: ChatFormat] = [:]
        var comparedCount = 0
        var deviating: Set<String> = []
        for example in try TemplateCase.all() {
            let format = try formats[example.template] ?? PublishedFormats.format(example.template)
            formats[example.template] = format
            let prompt = try? format.prompt(for: example.request())
            guard prompt?.text.utf8.elementsEqual(example.rendered?.utf8 ?? "".utf8) != true else {
                comparedCount += 1
                continue
            }
            if prompt == nil && example.rendered == nil { continue }
            if Self.deviations[example.group] != nil {
                deviating.insert(example.group)
            } else {
                #expect(isExpected(example), "\(example.id) \(example.template) \(example.group)")
            }
        }
        #expect(comparedCount > 490)
        #expect(deviating == Set(Self.deviations.keys))
    }

    /// Templates that do not know `reasoning_content` or string arguments, given the form that all of them know.
    private func isExpected(_ example: TemplateCase) -> Bool {
        example.quotesArguments
            || (example.template == "hermes-2-pro-tool-use" && example.group.hasSuffix("empty-list"))
    }

    @Test("has the reference's ids wherever callers' text spells no markup")
    func templateIDs() throws {
        let format = try PublishedFormats.format("qwen3")
        var equalCount = 0
        for example in try TemplateCase.all() where example.template == "qwen3" {
            guard let ids = example.ids, let prompt = try? format.prompt(for: example.request()),
                prompt.text == example.rendered
            else { continue }
            if prompt.ids.map(\.index) == ids {
                equalCount += 1
            } else {
                #expect(example.spellsMarkup, "\(example.id)")
            }
        }
        #expect(equalCount > 150)
    }

    @Test("lets no caller write markup, but for the tags of tool calls and results")
    func forgery() throws {
        let format = try PublishedFormats.format("qwen3")
        let tokenizer = try PublishedFormats.tokenizer.get()
        let everything = tokenizer.addedTokens.map(\.text).joined(separator: " ")
        let forged = try format.prompt(for: conversation(everything))
        let plain = try format.prompt(for: conversation("x"))
        let tags = Set(
            ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"].compactMap(tokenizer.token))
        for token in tokenizer.addedTokens {
            let written = forged.ids.count { $0 == token.id } - plain.ids.count { $0 == token.id }
            #expect(written == (tags.contains(token.id) ? 5 : 0), "\(token.text)")
        }
        #expect(tokenizer.decode(forged.ids) == forged.text)
        #expect(forged.text.firstRange(of: everything) != nil)
        #expect(forged.startPhase == .content)
    }

    /// A conversation that says `text` in five places.
    private func conversation(_ text: String) -> ChatPromptRequest {
        ChatPromptRequest(messages: [
            ChatMessage(role: .system, content: text),
            ChatMessage(role: .user, content: text),
            ChatMessage(role: .assistant, content: text, reasoning: text),
            ChatMessage(role: .tool, content: text),
        ])
    }

    @Test("encodes joined text: a result's full stop and the template's line feed are one token")
    func joinedText() throws {
        let prompt = try PublishedFormats.format("qwen3").prompt(
            for: ChatPromptRequest(messages: [ChatMessage(role: .tool, content: "R.")]))
        let ids = prompt.ids.map(\.index)
        #expect(zip(ids, ids.dropFirst()).contains { $0 == (49, 624) })
    }

    @Test(
        "finds in the rendered prompt whether the model is thinking",
        arguments: [
            ("qwen3", nil, OutputPhase.content), ("qwen3", true, .content), ("qwen3", false, .content),
            ("qwen3-thinking-2507", nil, .reasoning), ("qwen3-instruct-2507", nil, .content),
            ("qwq-32b", nil, .reasoning), ("qwen3-2504", false, .content),
        ] as [(String, Bool?, OutputPhase)])
    func startPhase(template: String, thinking: Bool?, expected: OutputPhase) throws {
        let messages = [ChatMessage(role: .user, content: "<think>\nhm")]
        let prompt = try PublishedFormats.format(template).prompt(
            for: ChatPromptRequest(messages: messages, thinking: thinking))
        #expect(prompt.startPhase == expected)
    }

    @Test("goes on with a thought that a message left open")
    func openThought() throws {
        let format = try PublishedFormats.format("qwen3")
        let question = ChatMessage(role: .user, content: "2+2?")
        let last = [
            ChatMessage(role: .assistant, content: "<think>\nTwo and"),
            ChatMessage(role: .assistant, reasoning: "Two and"),
        ]
        for message in last {
            let prompt = try format.prompt(
                for: ChatPromptRequest(
                    messages: [question, message], addsGenerationPrompt: false, continuesFinalMessage: true))
            #expect(prompt.text.hasSuffix("<|im_start|>assistant\n<think>\nTwo and"))
            #expect(prompt.startPhase == .reasoning)
            #expect(prompt.continuesText)
        }
    }

    @Test("goes on with content behind its reasoning")
    func openContent() throws {
        let prompt = try PublishedFormats.format("qwen3").prompt(
            for: ChatPromptRequest(
                messages: [
                    ChatMessage(role: .user, content: "2+2?"),
                    ChatMessage(role: .assistant, content: "<think>\nhm\n</think>\n\nIt is "),
                ], addsGenerationPrompt: false, continuesFinalMessage: true))
        #expect(prompt.text.hasSuffix("<think>\nhm\n</think>\n\nIt is "))
        #expect(prompt.startPhase == .content)
    }

    @Test("hands arguments in a string over as they are to templates that print them so")
    func argumentsAsText() throws {
        let text = "{\"z\":1.50,\"a\" : [true,null]}"
        for template in ["qwen3", "qwen3-2504", "qwen3-thinking-2507", "qwen3-instruct-2507"] {
            let call = ToolCall(id: "", name: "f", arguments: text)
            let messages = [
                ChatMessage(role: .user, content: "x"), ChatMessage(role: .assistant, toolCalls: [call]),
            ]
            let prompt = try PublishedFormats.format(template).prompt(for: ChatPromptRequest(messages: messages))
            #expect(prompt.text.firstRange(of: "{\"name\": \"f\", \"arguments\": \(text)}") != nil)
        }
    }

    @Test("hands arguments in a string over as an object to templates that know no text, its keys in order")
    func argumentsAsObject() throws {
        let call = ToolCall(id: "", name: "f", arguments: "{\"z\":1.0,\"a\":[true,null]}")
        let words = ToolCall(id: "", name: "g", arguments: "not JSON")
        let messages = [
            ChatMessage(role: .user, content: "x"), ChatMessage(role: .assistant, toolCalls: [call, words]),
        ]
        let prompt = try PublishedFormats.format("qwq-32b").prompt(for: ChatPromptRequest(messages: messages))
        #expect(
            prompt.text.firstRange(of: "{\"name\": \"f\", \"arguments\": {\"z\": 1.0, \"a\": [true, null]}}") != nil)
        #expect(prompt.text.firstRange(of: "{\"name\": \"g\", \"arguments\": \"not JSON\"}") != nil)
    }

    @Test("keeps content that merely mentions a closing think tag")
    func mentionedTag() throws {
        for template in ["qwen3", "qwen3-2504", "qwen3-thinking-2507"] {
            let messages = [
                ChatMessage(role: .user, content: "How?"),
                ChatMessage(role: .assistant, content: "Use the </think> tag"),
                ChatMessage(role: .user, content: "Thanks"),
            ]
            let prompt = try PublishedFormats.format(template).prompt(for: ChatPromptRequest(messages: messages))
            #expect(prompt.text.firstRange(of: "assistant\nUse the </think> tag<|im_end|>") != nil)
        }
    }

    @Test("says what is wrong with a template or a conversation")
    func errors() throws {
        let tokenizer = try PublishedFormats.tokenizer.get()
        let unreadable = #expect(throws: ChatError.self) { try ChatFormat(template: "{% if %}", tokenizer: tokenizer) }
        #expect(unreadable?.field == "template")
        let raising = try ChatFormat(template: "{{ raise_exception('no') }}", tokenizer: tokenizer)
        let raised = #expect(throws: ChatError.self) { try raising.prompt(for: ChatPromptRequest(messages: [])) }
        #expect(raised?.description.hasSuffix("no") == true)
        let silent = try ChatFormat(template: "x", tokenizer: tokenizer)
        for messages in [[], [ChatMessage(role: .user, content: "a")]] {
            let request = ChatPromptRequest(
                messages: messages, addsGenerationPrompt: false, continuesFinalMessage: true)
            #expect(throws: ChatError.self) { try silent.prompt(for: request) }
        }
    }

    @Test("lets variables into the template, but not in the place of the conversation")
    func variables() throws {
        let format = try ChatFormat(
            template: "{{ bos }}{{ colour }}{{ messages[0].content }}", tokenizer: PublishedFormats.tokenizer.get(),
            variables: ["bos": "<s>", "colour": "red"])
        let request = ChatPromptRequest(
            messages: [ChatMessage(role: .user, content: "hi")], variables: ["colour": "blue", "messages": "none"])
        #expect(try format.prompt(for: request).text == "<s>bluehi")
    }

    @Test("knows the structural tokens of its tokenizer")
    func outputTokens() throws {
        let tokens = try PublishedFormats.format("qwen3").outputTokens
        #expect(
            tokens
                == OutputGrammarTokens(
                    thinkOpen: 151_667, thinkClose: 151_668, toolCallOpen: 151_657, toolCallClose: 151_658,
                    ends: [151_643, 151_645]))
    }
}
