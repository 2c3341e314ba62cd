/// The few tokens that a filter considers, in memory that is reused from draw to draw.
///
/// Better means: a higher logit, or the same and a lower id; so no two candidates are equal.
@safe
struct CandidateList: ~Copyable {
    struct Candidate: BitwiseCopyable {
        var logit: Float
        var id: Int32

        @inline(__always)
        func isBetter(than other: Candidate) -> Bool {
            logit > other.logit || (logit == other.logit && id < other.id)
        }
    }

    private let capacity: Int
    private let items: UnsafeMutablePointer<Candidate>
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        unsafe items = UnsafeMutablePointer<Candidate>.allocate(capacity: self.capacity)
    }

    deinit {
        unsafe items.deallocate()
    }

    subscript(index: Int) -> Candidate {
        precondition(index >= 0 && index < count)
        return unsafe items[index]
    }

    /// Collects all logits above the threshold.
    mutating func collect(above threshold: Float, of row: borrowing LogitRow) {
        count = 0
        row.forEach(above: threshold) { id, logit in
            append(Candidate(logit: logit, id: id))
            return threshold
        }
    }

    /// Collects the best `limit` of the row, in no order.
    ///
    /// One pass with a rising threshold: whenever the list is full, only the best `limit` stay and the worst of them is
    /// the new threshold. A later id with the same logit would lose against it, so nothing is missed.
    mutating func collectBest(_ limit: Int, of row: borrowing LogitRow) {
        count = 0
        let roomForGrowth = max(64, limit)
        let fullCount = min(capacity, limit + roomForGrowth)
        var threshold = -Float.infinity
        row.forEach(above: threshold) { id, logit in
            append(Candidate(logit: logit, id: id))
            if count == fullCount && fullCount > limit {
                threshold = keepBest(limit).logit
            }
            return threshold
        }
        if count > limit {
            _ = keepBest(limit)
        }
    }

    /// The worst of the list, which must not be empty.
    func worst() -> Candidate {
        var worst = self[0]
        for index in 1..<count where worst.isBetter(than: unsafe items[index]) {
            worst = unsafe items[index]
        }
        return worst
    }

    /// Orders the list, best first. For short lists: the time grows with the square of the count.
    mutating func sortBestFirst() {
        for end in 1..<max(1, count) {
            let candidate = unsafe items[end]
            var place = end
            while place > 0, candidate.isBetter(than: unsafe items[place - 1]) {
                unsafe items[place] = unsafe items[place - 1]
                place -= 1
            }
            unsafe items[place] = candidate
        }
    }

    /// The last token of the smallest set of best candidates whose weights reach `target`; the worst of all if they don't.
    ///
    /// A quickselect by weight instead of by count: the time grows with the count, not with that of a sort.
    mutating func nucleusEnd(target: Double, maximum: Float, scale: Float) -> Candidate {
        var low = 0
        var high = count
        var mass = 0.0
        var end = worst()
        while low < high {
            let pivot = partition(low, high)
            var massOfBetter = 0.0
            for index in low..<pivot {
                massOfBetter += Double(Exponential.value((unsafe items[index].logit - maximum) * scale))
            }
            let candidate = unsafe items[pivot]
            if mass + massOfBetter >= target && pivot > low {
                high = pivot
                continue
            }
            mass += massOfBetter + Double(Exponential.value((candidate.logit - maximum) * scale))
            if mass >= target {
                end = candidate
                break
            }
            low = pivot + 1
        }
        return end
    }

    mutating func removeAll() {
        count = 0
    }

    mutating func append(_ candidate: Candidate) {
        if count < capacity {
            unsafe items[count] = candidate
            count += 1
        }
    }

    /// Keeps the best `limit`, which is below the count, and answers the worst of them.
    private mutating func keepBest(_ limit: Int) -> Candidate {
        var low = 0
        var high = count
        while high - low > 1 {
            let pivot = partition(low, high)
            if pivot == limit {
                break
            }
            if pivot > limit {
                high = pivot
            } else {
                low = pivot + 1
            }
        }
        count = limit
        return worst()
    }

    /// Moves a pivot to its place: what is before it is better, what is behind it is worse.
    private mutating func partition(_ low: Int, _ high: Int) -> Int {
        let last = high - 1
        let middle = low + (high - low) / 2
        moveMedianOfThree(low, middle, to: last)
        let pivot = unsafe items[last]
        var place = low
        for index in low..<last where unsafe items[index].isBetter(than: pivot) {
            swapItems(index, place)
            place += 1
        }
        swapItems(place, last)
        return place
    }

    private mutating func moveMedianOfThree(_ first: Int, _ second: Int, to last: Int) {
        if unsafe items[second].isBetter(than: items[first]) { swapItems(first, second) }
        if unsafe items[last].isBetter(than: items[second]) {
            swapItems(second, last)
            if unsafe items[second].isBetter(than: items[first]) { swapItems(first, second) }
        }
        swapItems(second, last)
    }

    @inline(__always)
    private mutating func swapItems(_ first: Int, _ second: Int) {
        let kept = unsafe items[first]
        unsafe items[first] = unsafe items[second]
        unsafe items[second] = kept
    }
}
