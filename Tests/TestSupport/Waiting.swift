/// Waits of tests for what other threads do.
public enum Waiting {
    /// Looks again every millisecond: whoever spins takes the processor from the very thing that it waits for.
    public static func whileTrue(
        isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
    ) async throws {
        while try await condition() {
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
