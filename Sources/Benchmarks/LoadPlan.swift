public import HTTPClient
public import JSON
public import TLS

/// What `ponder bench serve` asks of a server: streamed chats, from several clients at once.
public struct LoadPlan: Sendable {
    /// Where the requests go: as chats, or as raw text to be continued.
    public enum Endpoint: Sendable {
        case chat, completions
    }

    public var server: ServerURL
    public var apiKey: String?
    /// Whom to trust; nil where the server speaks no TLS.
    public var tls: TLSContext?
    /// The model's name for the server.
    public var model: String
    public var endpoint = Endpoint.chat
    /// How many clients there are, level after level.
    public var clientCounts = [1, 4, 8, 16]
    /// Chats of each client, one after another.
    public var chatsPerClient = 2
    /// Random words of a prompt; no two prompts are alike.
    public var promptWordCount = 200
    /// Words that all prompts begin with.
    public var sharedWordCount = 0
    public var maximumTokens = 64
    public var seed: UInt64 = 1
    /// Further members of every request, such as `{"ignore_eos": true}`.
    public var members: JSONObject = ["ignore_eos": true]

    public init(server: ServerURL, model: String) {
        self.server = server
        self.model = model
    }

    /// The path of the endpoint.
    var path: String {
        switch endpoint {
        case .chat: "/v1/chat/completions"
        case .completions: "/v1/completions"
        }
    }

    /// The body of one chat.
    func body(level: Int, client: Int, chat: Int) -> [UInt8] {
        var shared = WordSource(seed: seed)
        var own = WordSource(seed: seed &+ UInt64(level) &* 1_000_003 &+ UInt64(client) &* 1009 &+ UInt64(chat) &+ 1)
        let words = shared.words(sharedWordCount) + own.words(promptWordCount)
        var body: JSONObject = [
            "model": .string(model), "stream": true, "stream_options": ["include_usage": true],
            "max_tokens": .number(maximumTokens), "seed": .number(client * 1000 + chat),
        ]
        let text = JSONValue.string(words.joined(separator: " "))
        switch endpoint {
        case .chat: body["messages"] = [["role": "user", "content": text]]
        case .completions: body["prompt"] = text
        }
        for (key, value) in members { body[key] = value }
        return JSONValue.object(body).serializedBytes()
    }
}

/// Words of random letters, the same for the same seed.
private struct WordSource {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func words(_ count: Int) -> [String] {
        (0..<count).map { _ in
            let letters = (0..<2 + next(7)).map { _ in UInt8(ascii: "a") + UInt8(next(26)) }
            return String(decoding: letters, as: UTF8.self)
        }
    }

    private mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
