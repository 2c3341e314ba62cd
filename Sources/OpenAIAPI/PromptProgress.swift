internal import APIDoors
internal import JSON

/// `prompt_progress` of a stream, with llama-server's members.
struct PromptProgress {
    var total: Int
    /// Of the total, what was found in the prefix cache.
    var cached: Int
    /// Of the total, what is computed, what was cached included.
    var processed: Int
    /// Since the reply was begun.
    var time: Duration

    func write(to writer: inout JSONWriter) {
        writer.append(key: "prompt_progress")
        writer.beginObject()
        writer.append(key: "total", int: total)
        writer.append(key: "cache", int: cached)
        writer.append(key: "processed", int: processed)
        writer.append(key: "time_ms", double: time.milliseconds)
        writer.endObject()
    }
}

/// Knows when a reply was begun, and what of its prompt was cached.
struct ProgressClock: Sendable {
    private let start = ContinuousClock.now
    private let cachedTokenCount: @Sendable () -> Int

    init(cachedTokenCount: @escaping @Sendable () -> Int) {
        self.cachedTokenCount = cachedTokenCount
    }

    func progress(done: Int, of total: Int) -> PromptProgress {
        PromptProgress(total: total, cached: cachedTokenCount(), processed: done, time: .now - start)
    }
}
