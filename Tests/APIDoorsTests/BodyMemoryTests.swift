import CZlib
import Synchronization
import Testing

@testable import APIDoors
@testable import HTTP

/// Bodies of requests share a memory: what is too much at once is refused.
@Suite struct BodyMemoryTests {
    private static let memory = 100 * BodyMemory.expansion << 20
    private static let free = BodyRoom.freeByteCount

    @Test func `bodies are let in up to the limit, and room that is given back serves others`() throws {
        let memory = BodyMemory(memoryByteCount: Self.memory)
        let (first, second) = (BodyRoom(memory), BodyRoom(memory))
        try first.take(Self.free + 60 << 20)
        try second.take(Self.free + 40 << 20)
        #expect(throws: BodyError.noRoom) { try second.take(1) }
        first.giveBack()
        first.giveBack()
        try second.take(60 << 20)
        #expect(throws: BodyError.noRoom) { try first.take(Self.free + 1) }
    }

    @Test func `a request that is dropped leaves nothing behind`() throws {
        let memory = BodyMemory(memoryByteCount: Self.memory)
        for _ in 0..<3 {
            try BodyRoom(memory).take(100 << 20)
        }
    }

    @Test func `a small body is let in beside any other`() throws {
        let memory = BodyMemory(memoryByteCount: 0)
        let (large, small) = (BodyRoom(memory), BodyRoom(memory))
        try large.take(Self.free + 1 << 20)
        for _ in 0..<4 { try small.take(Self.free / 4) }
        #expect(throws: BodyError.noRoom) { try small.take(1) }
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
        #expect(throws: BodyError.noRoom) { try BodyRoom(memory).take(Self.free + 1) }
        room.giveBack()
        try BodyRoom(memory).take(1 << 20)
    }

    @Test func `a body is refused at the first part that there is no room for`() async throws {
        let memory = BodyMemory(memoryByteCount: 0)
        let (room, other) = (BodyRoom(memory), BodyRoom(memory))
        let source = Parts(count: 10, of: [UInt8](repeating: 32, count: 256 << 10))
        let body = RequestBody(arrivingFrom: source, announcedByteCount: nil)
        try other.take(Self.free + 512 << 10)
        await #expect(throws: BodyError.noRoom) { _ = try await collect(body, in: room) }
        #expect(source.left == 7)
    }

    @Test func `a compressed body counts as what it expands to`() async throws {
        let memory = BodyMemory(memoryByteCount: 0)
        let packed = try compressed([UInt8](repeating: 32, count: 800_000))
        let (room, other) = (BodyRoom(memory), BodyRoom(memory))
        #expect(try await collect(packed, in: room).count == 800_000)
        await #expect(throws: BodyError.noRoom) { _ = try await collect(packed, in: other) }
        room.giveBack()
        other.giveBack()
        #expect(try await collect(packed, in: other).count == 800_000)
    }

    @Test func `a client is told to come again`() {
        let error = HTTPError(describing: BodyError.noRoom)
        #expect(error.status == .serviceUnavailable)
        #expect(error.headers[.retryAfter] == "1")
        #expect(APIError(error).code == .overloaded)
    }

    private func collect(_ body: RequestBody, in room: BodyRoom) async throws(BodyError) -> [UInt8] {
        try await body.collect(upTo: 4 << 20) { byteCount throws(BodyError) in try room.take(byteCount) }
    }

    private func compressed(_ bytes: [UInt8]) throws -> RequestBody {
        guard var stream = ZlibStream(.encode, .gzip) else { throw BodyError.malformed("no memory") }
        var packed = [UInt8](repeating: 0, count: bytes.count)
        let step = stream.step(bytes, from: 0, into: &packed, flush: Z_FINISH)
        var body = RequestBody(Array(packed[..<step.produced]))
        body.coding = .gzip
        return body
    }
}

/// A body that comes in so many equal parts.
private final class Parts: RequestBodySource {
    private let part: [UInt8]
    private let count: Mutex<Int>

    init(count: Int, of part: [UInt8]) {
        self.part = part
        self.count = Mutex(count)
    }

    var left: Int { count.withLock(\.self) }

    func nextPart() async throws(BodyError) -> [UInt8]? {
        count.withLock { count in
            guard count > 0 else { return nil }
            count -= 1
            return part
        }
    }
}
