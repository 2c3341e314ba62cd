/// The chapters of the table. The raw value is what `--only` takes and ids begin with.
public enum CheckGroup: String, Sendable, CaseIterable {
    case transport, models, chat, stream, reasoning, tools, structured, sampling, errors, access, completions,
        embeddings,
        responses, anthropic, ollama, operations

    public var title: String {
        switch self {
        case .transport: "Transport"
        case .models: "Models"
        case .chat: "Chat, whole"
        case .stream: "Chat, streamed"
        case .reasoning: "Reasoning"
        case .tools: "Tools"
        case .structured: "Structured output"
        case .sampling: "Sampling and limits"
        case .errors: "Errors"
        case .access: "Keys"
        case .completions: "Text completions"
        case .embeddings: "Embeddings"
        case .responses: "Responses"
        case .anthropic: "Anthropic's messages"
        case .ollama: "Ollama's chat"
        case .operations: "Operation"
        }
    }

    /// The group's checks, in the order of the table.
    public var checks: [Check] {
        switch self {
        case .transport: Check.transport + Check.framing
        case .models: Check.models
        case .chat: Check.chat + Check.messages
        case .stream: Check.streamGrammar + Check.streamContent
        case .reasoning: Check.reasoning + Check.reasoningControls
        case .tools: Check.tools + Check.toolStreams + Check.toolInputs
        case .structured: Check.structured + Check.structuredRefusals
        case .sampling: Check.sampling + Check.badValues
        case .errors: Check.errors
        case .access: Check.access
        case .completions: Check.completions
        case .embeddings: Check.embeddings
        case .responses: Check.responses
        case .anthropic: Check.anthropic
        case .ollama: Check.ollama
        case .operations: Check.operations
        }
    }
}
