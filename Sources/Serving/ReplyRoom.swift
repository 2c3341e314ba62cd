internal import Engine
internal import Models

/// The context that a request runs in, and what it leaves for the reply.
struct ReplyRoom {
    /// The place of the context window among the engine's.
    var window: Int
    /// How far YaRN stretches positions there.
    var factor: Double
    /// The most tokens of the reply.
    var maximumTokens: Int
}

extension ServedModel {
    /// Decides where a request runs, by its prompt and what it asks for alone, and how many tokens its reply may have.
    func room(
        for options: ValidatedOptions, promptTokenCount: Int, warnings: inout [ServingWarning]
    ) throws(ServingError) -> ReplyRoom {
        let requested = options.maximumTokens
        let window = try window(for: options, promptTokenCount: promptTokenCount)
        let context = engine.windows[window]
        let length = min(context.length, contextLength)
        let rest = length - promptTokenCount
        guard rest >= min(1, requested ?? 1) else {
            throw .contextLengthExceeded(
                promptTokenCount: promptTokenCount, limit: length,
                ropeFactor: engine.windows.count > 1 ? options.ropeFactor : nil)
        }
        if let requested, requested > rest, !warnings.contains(where: { $0.field == .maximumTokens }) {
            warnings.append(
                ServingWarning(
                    field: .maximumTokens,
                    message: "\(requested) tokens do not fit: the context of \(length) leaves \(rest)."))
        }
        return ReplyRoom(window: window, factor: context.factor, maximumTokens: min(requested ?? rest, rest))
    }

    /// The window of the factor that was asked for, or the smallest that holds the prompt and what the reply may need.
    private func window(for options: ValidatedOptions, promptTokenCount: Int) throws(ServingError) -> Int {
        let windows = engine.windows
        guard let factor = options.ropeFactor else {
            let (needed, overflow) = promptTokenCount.addingReportingOverflow(
                options.maximumTokens ?? replyReserve)
            return windows.place(holding: overflow ? .max : needed)
        }
        guard let place = windows.firstIndex(where: { $0.factor == factor }) else {
            let factors = windows.map(\.factorText)
            let allowed =
                factors.count == 1
                ? "be \(factors[0])"
                : "be one of \(factors.dropLast().joined(separator: ", ")) and \(factors[factors.count - 1])"
            throw .invalidValue(
                field: .ropeFactor, message: "'rope_factor' must \(allowed), not \(ContextWindow.text(of: factor)).")
        }
        return place
    }

    /// The room that is kept for a reply of which nobody said how long it may get: a fifth of the unstretched context, 8,192 of
    /// Qwen3's 40,960 tokens. It may get longer, as far as its window goes.
    private var replyReserve: Int { (engine.windows.first?.length ?? 0) / 5 }
}
