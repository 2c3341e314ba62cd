internal import CKernels
internal import Synchronization

/// What a machine can do at most, at this moment, with the threads and the instruction set of a pool: the yardstick for
/// what a model makes of it.
///
/// On a shared machine all four figures move, so a probe is taken beside each measurement.
public struct MachineProbe: Sendable, Hashable {
    /// Bytes read from memory in a second, by all threads.
    public var readBytesPerSecond: Double
    /// Multiplications and additions of bytes in a second, by all threads; each counts for itself.
    public var integerOperationsPerSecond: Double
    /// The same of floats.
    public var floatOperationsPerSecond: Double
    /// The same of pairs of BF16, which are those of floats where the instruction set has none of its own.
    public var bfloatOperationsPerSecond: Double
}

/// Takes probes; holds the memory that they read.
@safe
public final class MachineProber {
    private let pool: WorkerPool
    private let effort: Effort
    private let memory: AlignedBuffer<UInt64>

    /// How much work a probe is.
    public struct Effort: Hashable, Sendable {
        fileprivate var byteCount: Int
        fileprivate var rounds: Int
        fileprivate var attempts: Int

        /// Tenths of a second, and far more memory than the last cache of any machine holds.
        public static let full = Effort(byteCount: 512 << 20, rounds: 200_000, attempts: 3)
        /// As little as gives a number: for tests.
        public static let token = Effort(byteCount: 1 << 20, rounds: 100, attempts: 1)
    }

    private static let sliceCount = 512

    /// - Parameters:
    ///   - pool: Whose threads and kernels are probed.
    ///   - effort: How much work each probe is.
    public init(pool: WorkerPool, effort: Effort = .full) {
        self.pool = pool
        self.effort = effort
        memory = AlignedBuffer(count: effort.byteCount / 8)
        // A page that was never written is no memory yet.
        for index in stride(from: 0, to: memory.count, by: 512) {
            memory[index] = UInt64(index)
        }
    }

    /// Takes a probe; of a few attempts the best counts.
    public func probe() -> MachineProbe {
        var best = MachineProbe(
            readBytesPerSecond: 0, integerOperationsPerSecond: 0, floatOperationsPerSecond: 0,
            bfloatOperationsPerSecond: 0)
        for _ in 0..<effort.attempts {
            best.readBytesPerSecond = max(best.readBytesPerSecond, readRate())
            best.integerOperationsPerSecond = max(
                best.integerOperationsPerSecond,
                rate { [rounds = effort.rounds] probes in
                    var result: Int32 = 0x0102_0304
                    return unsafe probes.integers(rounds, &result)
                })
            best.floatOperationsPerSecond = max(
                best.floatOperationsPerSecond,
                rate { [rounds = effort.rounds] probes in
                    var result: Float = 0.5
                    return unsafe probes.floats(rounds, &result)
                })
            best.bfloatOperationsPerSecond = max(
                best.bfloatOperationsPerSecond,
                rate { [rounds = effort.rounds] probes in
                    var result: UInt32 = 0x3f00_3f00
                    return unsafe probes.bfloats(rounds, &result)
                })
        }
        return best
    }

    private func readRate() -> Double {
        let slice = effort.byteCount / Self.sliceCount
        let base = UInt(bitPattern: unsafe memory.pointer)
        let kernels = UInt(bitPattern: unsafe pool.kernels)
        let seconds = seconds {
            pool.run(chunkCount: Self.sliceCount) { chunk in
                let table = unsafe UnsafePointer<kernel_table>(bitPattern: kernels)
                let start = unsafe UnsafeRawPointer(bitPattern: base + UInt(chunk * slice))
                _ = unsafe table?.pointee.probes.read(start, slice)
            }
        }
        return Double(effort.byteCount) / seconds
    }

    private func rate(_ work: @Sendable (machine_probes) -> Int) -> Double {
        let operations = Atomic(0)
        let kernels = UInt(bitPattern: unsafe pool.kernels)
        let seconds = seconds {
            pool.run(chunkCount: pool.threadCount * 8) { _ in
                guard let table = unsafe UnsafePointer<kernel_table>(bitPattern: kernels) else { return }
                operations.add(unsafe work(table.pointee.probes), ordering: .relaxed)
            }
        }
        return Double(operations.load(ordering: .relaxed)) / seconds
    }

    private func seconds(_ work: () -> Void) -> Double {
        max(ContinuousClock().measure(work) / .seconds(1), 1e-9)
    }
}
