internal import Chat
internal import Engine

/// What the conversation will look like when it goes on behind a reply, as far as that is known now: up to where the user's next
/// words, or a tool's result, will stand.
///
/// Templates write what was said into later prompts differently from how it came: Qwen3's leave out reasoning, and the empty think
/// block of a turn without. So the prefix cache ends at the first reply since the last question, unless the engine computes the
/// later form before it is asked for, beside the one that it has.
struct NextTurn: Sendable {
    let model: ServedModel
    let format: ChatFormat
    let request: ChatPromptRequest
    /// Those of the reply, as the next turn's are likely to be.
    let options: ValidatedOptions

    /// Has the engine expect what will follow a reply; does nothing while others wait for it.
    ///
    /// Renders and encodes the conversation: for a task of its own, behind the reply's end.
    func expect(behind reply: ChatMessage) {
        guard model.engine.statistics.waitingCount == 0 else { return }
        var next = request
        next.messages.append(reply)
        if let call = reply.toolCalls.first {
            next.messages.append(ChatMessage(role: .tool, content: "", toolCallID: call.id))
        } else {
            next.messages.append(ChatMessage(role: .user, content: ""))
        }
        next.continuesFinalMessage = true
        next.addsGenerationPrompt = false
        guard let prompt = try? format.prompt(for: next) else { return }
        var warnings: [ServingWarning] = []
        let room = try? model.room(for: options, promptTokenCount: prompt.ids.count, warnings: &warnings)
        guard let room else { return }
        // The last token may become another one with what will follow it.
        model.engine.expect(
            ExpectedPrompt(tokens: prompt.ids.dropLast(), window: room.window, cacheSalt: options.cacheSalt))
    }
}
