import Models
import TestSupport
import Testing

@Suite struct ExpertUseTests {
    @Test func everyTokenCountsForEachOfItsExpertsButInTheLastLayerWhereNothingIsWantedOfIt() throws {
        let model = try ModelRun.load("moe/hf")
        #expect(model.expertUse.map(\.layer) == [0, 1, 2])
        #expect(model.expertUse.allSatisfy { $0.tokenCounts == [Int](repeating: 0, count: 16) })
        let run = try ModelRun(model)
        _ = run.feed([3, 141, 59, 26, 535], logitsAt: [4])
        let first = model.expertUse.map(\.tokenCounts)
        _ = run.feed([58, 9], logitsAt: [1])
        let rows = [(5, 7), (5, 7), (1, 2)]
        let choices = model.expertRowCount / rows.reduce(0) { $0 + $1.1 }
        #expect(choices > 1 && choices * rows.reduce(0) { $0 + $1.1 } == model.expertRowCount)
        for (layer, use) in model.expertUse.enumerated() {
            #expect(first[layer].reduce(0, +) == rows[layer].0 * choices)
            #expect(use.tokenCounts.reduce(0, +) == rows[layer].1 * choices)
            #expect(zip(first[layer], use.tokenCounts).allSatisfy { $0 <= $1 })
        }
    }

    @Test func aDenseModelHasNone() throws {
        #expect(try ModelRun.load("dense-tied/hf").expertUse.isEmpty)
    }
}
