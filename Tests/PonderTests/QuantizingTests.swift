import Checkpoints
import Synchronization
import TestSupport
import Testing

@testable import Models
@testable import ponder

@Suite struct QuantizingTests {
    @Test func `each tenth is told once, and each notice`() {
        let told = Mutex<[String]>([])
        let report = QuantizingReport { percent in
            told.withLock { $0.append("\(percent)") }
        } warn: { notice in
            told.withLock { $0.append(notice) }
        }
        var progress = LoadingProgress(loadedByteCount: 0, totalByteCount: 1_000)
        progress.isQuantizing = true
        for count in [50, 120, 150, 199, 400, 1_000] {
            progress.loadedByteCount = count
            if count == 400 { progress.notices.append("full") }
            report.update(progress)
        }
        #expect(told.withLock { $0 } == ["10", "full", "40", "100"])
    }

    @Test func `reading alone is not told`() {
        let report = QuantizingReport { _ in
            Issue.record("told")
        } warn: { _ in
            Issue.record("warned")
        }
        report.update(LoadingProgress(loadedByteCount: 5, totalByteCount: 10))
    }

    @Test func `places are read as they are written`() {
        #expect(QuantizedPlace("auto") == .automatic && QuantizedPlace("off") == .nowhere)
        #expect(QuantizedPlace("/a") == .folder("/a") && QuantizedPlace("") == nil)
        let environment = ["XDG_CACHE_HOME": "/caches"]
        let cache = QuantizedPlace.automatic.cache(for: .q8_0, environment: environment)
        #expect(cache?.folder == "/caches/ponder/quantized")
        #expect(QuantizedPlace.automatic.cache(for: .automatic, environment: environment) == nil)
        #expect(QuantizedPlace.nowhere.cache(for: .q8_0, environment: environment) == nil)
    }

    @Test func `a plan shows what becomes of the weights`() throws {
        var settings = ServeSettings()
        settings.quantization = .q4_K_M
        settings.quantizedPlace = .folder("/kept")
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-k/hf"))
        let text = try StartupPlan(checkpoint, settings: settings).description
        #expect(text.contains("float weights become q4_k_m as they are read, and are kept in /kept"))
        #expect(text.contains("BF16 as Q4_K BF16 as Q6_K") || text.contains("BF16 as Q6_K BF16 as Q4_K"))
    }
}
