import Testing

@testable import Engine

@Suite struct StepCostTests {
    @Test func `a line is found from steps of different sizes`() {
        var cost = StepCost()
        for round in 0..<200 {
            let rows = 1 + round % 7
            cost.observe(rowCount: rows, seconds: 0.010 + 0.002 * Double(rows - 1))
        }
        #expect(abs(cost.base - 0.010) < 0.0005)
        #expect(abs(cost.slope - 0.002) < 0.0002)
        #expect(abs(cost.usualSlope - 0.2) < 0.03)
    }

    @Test func `steps of one size keep the usual slope`() {
        var cost = StepCost()
        for _ in 0..<500 {
            cost.observe(rowCount: 9, seconds: 0.018)
        }
        #expect(abs(cost.slope / cost.base - cost.usualSlope) < 0.01)
        #expect(abs(cost.seconds(rowCount: 9) - 0.018) < 0.0001)
    }

    @Test func `a step that was held up changes little`() {
        var cost = StepCost()
        for round in 0..<100 {
            cost.observe(rowCount: 1 + round % 2, seconds: 0.010)
        }
        cost.observe(rowCount: 1, seconds: 10)
        #expect(cost.base < 0.013)
    }

    @Test func `time that does not pass breaks nothing`() {
        var cost = StepCost()
        for rows in [1, 5, 1, 9] {
            cost.observe(rowCount: rows, seconds: 0)
        }
        #expect(cost.base == 0)
        #expect(cost.slope == 0)
    }
}
