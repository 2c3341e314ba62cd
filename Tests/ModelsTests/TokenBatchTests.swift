import Models
import Testing
import Tokens

@Suite struct TokenBatchTests {
    @Test func rowsAndSpansFollowTheSequences() {
        var batch = TokenBatch(rowLimit: 8, sequenceLimit: 2, blockLimit: 4)
        let isEmpty = batch.isEmpty
        #expect(isEmpty)
        batch.beginSequence(blockTable: [7, 3])
        batch.append(token: 11, position: 40, wantsLogits: false)
        batch.append(token: 12, position: 41, wantsLogits: true)
        batch.beginSequence(blockTable: [5])
        batch.append(token: 13, position: 0, wantsLogits: true)
        #expect(batch.rowCount == 3)
        #expect(batch.tokens == [11, 12, 13])
        #expect(batch.positions == [40, 41, 0])
        #expect(batch.logitRows == [1, 2] && batch.outputRows == [1, 2])
        #expect(batch.blockTables == [7, 3, 5])
        #expect(batch.spans.map(\.firstRow) == [0, 2])
        #expect(batch.spans.map(\.rowCount) == [2, 1])
        #expect(batch.spans.map(\.firstBlock) == [0, 2])
        #expect(batch.spans.map(\.blockCount) == [2, 1])
    }

    @Test func anEmptiedBatchKeepsItsMemory() {
        var batch = TokenBatch()
        batch.beginSequence(blockTable: [1, 2, 3])
        for position in 0..<90 { batch.append(token: 1, position: position, wantsLogits: true) }
        let capacity = batch.tokens.capacity
        batch.removeAll()
        let counts = [batch.rowCount, batch.spans.count, batch.logitRows.count, batch.blockTables.count]
        #expect(counts == [0, 0, 0, 0])
        #expect(batch.tokens.capacity == capacity)
    }
}
