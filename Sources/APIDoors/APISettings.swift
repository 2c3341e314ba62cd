public import Serving
public import Telemetry

/// What the API needs to know besides the service.
public struct APISettings: Sendable {
    /// The largest request body in bytes.
    public var bodyByteLimit: Int
    /// What all bodies that are being read may come to.
    public let bodies: BodyMemory
    /// A stream is never silent for longer than this.
    public var heartbeatInterval: Duration
    /// The server's version, for `/version`.
    public var version: String
    /// Whether every request is refused that would be answered with warnings, as if it said `strict`.
    public var isStrict: Bool
    /// The member that reasoning is sent in, where a request does not say.
    public var reasoningField: ReasoningFieldName
    /// What is being answered, at all doors that have these settings.
    public let running = RunningReplies()
    /// The requests that were refused, by the code of the error.
    public let rejections = EventCounters<String>()
    /// What is counted below the doors, for `/metrics`.
    public var metrics: MetricsRegistry?
    /// Whose names `/metrics` has besides our own.
    public var peerMetrics: PeerMetrics?
    /// The streams whose clients may come back.
    public let streams: ResumableStreams
    /// The folder to which prefixes are saved and from which they are restored; nil does neither.
    public var snapshotFolder: String?
    /// How many tokens of thinking each level stands for.
    public var thinkingBudgets = ThinkingBudgets()
    /// Whether tools that cannot be called are left out of prompts, where a request does not say.
    public var omitsForbiddenTools = false
    /// Whether the line `x-anthropic-billing-header:` of a system prompt is left out, where a request does not say.
    public var stripsBillingHeader = true
    /// Whether a request may bring a chat template of its own.
    public var trustsRequestTemplates = false

    public init(
        bodyByteLimit: Int = 32 << 20, bodies: BodyMemory = BodyMemory(), heartbeatInterval: Duration = .seconds(10),
        version: String, isStrict: Bool = false,
        reasoningField: ReasoningFieldName = .reasoningContent, streams: ResumableStreams = ResumableStreams(),
        snapshotFolder: String? = nil, metrics: MetricsRegistry? = nil, peerMetrics: PeerMetrics? = nil
    ) {
        self.streams = streams
        self.bodyByteLimit = bodyByteLimit
        self.bodies = bodies
        self.heartbeatInterval = heartbeatInterval
        self.version = version
        self.isStrict = isStrict
        self.reasoningField = reasoningField
        self.snapshotFolder = snapshotFolder
        self.metrics = metrics
        self.peerMetrics = peerMetrics
    }
}
