import Compute
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 5])
    func everyChunkRunsExactlyOnce(threads: Int) {
        let pool = WorkerPool(threadCount: threads)
        for chunkCount in [0, 1, 2, 3, 64, 1000] {
            let counts = Mutex([Int](repeating: 0, count: chunkCount))
            pool.run(chunkCount: chunkCount) { chunk in counts.withLock { $0[chunk] += 1 } }
            #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test func thousandsOfShortRegionsAllFinish() {
        let pool = WorkerPool(threadCount: 3)
        let total = Atomic(0)
        for region in 0..<5000 {
            pool.run(chunkCount: region % 7) { _ in total.add(1, ordering: .relaxed) }
        }
        #expect(total.load(ordering: .relaxed) == (0..<5000).reduce(0) { $0 + $1 % 7 })
    }

    @Test func sleepingWorkersWakeUp() async throws {
        let pool = WorkerPool(threadCount: 2)
        let total = Atomic(0)
        for _ in 0..<5 {
            pool.run(chunkCount: 10) { _ in total.add(1, ordering: .relaxed) }
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(total.load(ordering: .relaxed) == 50)
    }

    @Test func poolsComeAndGo() {
        for threads in 1...20 {
            let pool = WorkerPool(threadCount: threads)
            #expect(pool.threadCount == threads)
            if threads.isMultiple(of: 2) { pool.run(chunkCount: 4) { _ in } }
        }
    }
}
