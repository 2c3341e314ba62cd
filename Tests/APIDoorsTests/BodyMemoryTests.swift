import HTTP
import Testing

@testable import APIDoors

/// Bodies of requests share a memory: what is too much at once is refused.
@Suite struct BodyMemoryTests {
    private static let memory = 100 * BodyMemory.expansion << 20

    @Test func `bodies are let in up to the limit, and room that is given back serves others`() throws {
        let memory = BodyMemory(memoryByteCount: Self.memory)
        let (first, second) = (BodyRoom(memory), BodyRoom(memory))
        try first.take(60 << 20)
        try second.take(40 << 20)
        #expect(throws: BodyError.noRoom) { try second.take(1) }
        first.giveBack()
        first.giveBack()
        try second.take(60 << 20)
        #expect(throws: BodyError.noRoom) { try first.take(1) }
    }

    @Test func `a request that is dropped leaves nothing behind`() throws {
        let memory = BodyMemory(memoryByteCount: Self.memory)
        for _ in 0..<3 {
            try BodyRoom(memory).take(100 << 20)
        }
    }

    @Test func `no limit holds where none is known, and a small body fits in any`() throws {
        try BodyRoom(BodyMemory()).take(.max)
        #expect(BodyMemory(memoryByteCount: 0).bodyByteLimit == 1 << 20)
    }

    @Test func `a limit that falls keeps what was let in`() throws {
        let memory = BodyMemory(memoryByteCount: Self.memory)
        let room = BodyRoom(memory)
        try room.take(50 << 20)
        memory.setLimit(memoryByteCount: 0)
        #expect(throws: BodyError.noRoom) { try BodyRoom(memory).take(1) }
        room.giveBack()
        try BodyRoom(memory).take(1 << 20)
    }

    @Test func `a body is refused while it arrives, and expanded ones count as what they expand to`() async throws {
        let memory = BodyMemory(memoryByteCount: 0)
        let room = BodyRoom(memory)
        let body = RequestBody([UInt8](repeating: 32, count: 1_000))
        let bytes = try await body.collect(upTo: 2_000) { count throws(BodyError) in try room.take(count) }
        #expect(bytes.count == 1_000)
        #expect(HTTPError(describing: BodyError.noRoom).status == .serviceUnavailable)
        #expect(HTTPError(describing: BodyError.noRoom).headers[.retryAfter] == "1")
    }
}
