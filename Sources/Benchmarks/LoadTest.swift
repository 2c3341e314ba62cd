internal import Dispatch
internal import HTTPClient
internal import JSON
internal import Synchronization

/// Drives a server with several clients at once, each a thread with a connection of its own.
public struct LoadTest: Sendable {
    private let plan: LoadPlan

    public init(_ plan: LoadPlan) {
        self.plan = plan
    }

    /// Runs one level, and returns when all of its chats have ended.
    ///
    /// - Parameters:
    ///   - clientCount: how many clients there are.
    ///   - progress: called from any thread after each chat, with how many have ended.
    /// - Returns: what the clients saw.
    public func run(clientCount: Int, progress: @escaping @Sendable (_ done: Int) -> Void = { _ in }) -> LoadResult {
        let records = Mutex<[LoadRecord]>([])
        let group = DispatchGroup()
        let start = ContinuousClock.now
        withExtendedLifetime(records) {
            for client in 0..<clientCount {
                let queue = DispatchQueue(label: "ponder.bench.client-\(client)")
                queue.async(group: group) { [plan] in
                    let connection = ClientConnection(to: plan.server, apiKey: plan.apiKey, tls: plan.tls)
                    for chat in 0..<plan.chatsPerClient {
                        let body = plan.body(level: clientCount, client: client, chat: chat)
                        let record = Self.chat(body, at: plan.path, over: connection)
                        progress(
                            records.withLock {
                                $0.append(record)
                                return $0.count
                            })
                    }
                }
            }
            group.wait()
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return LoadResult(clientCount: clientCount, seconds: seconds, records: records.withLock { $0 })
    }

    private static func chat(_ body: [UInt8], at path: String, over connection: ClientConnection) -> LoadRecord {
        var record = LoadRecord()
        let start = ContinuousClock.now
        func seconds() -> Double { (ContinuousClock.now - start) / .seconds(1) }
        do throws(ClientError) {
            let response = try connection.send("POST", path, json: body)
            guard response.status == 200 else {
                let text = String(decoding: try connection.collectBody().prefix(300), as: UTF8.self)
                throw ClientError("status \(response.status): \(text)")
            }
            var parser = EventStreamParser()
            var last = 0.0
            while let bytes = try connection.readBody() {
                for data in parser.consume(bytes) {
                    guard try read(data, into: &record) else { continue }
                    let now = seconds()
                    if record.firstTokenSeconds == nil {
                        record.firstTokenSeconds = now
                    } else {
                        record.gaps.append(now - last)
                    }
                    last = now
                }
            }
        } catch {
            record.failure = error.description
        }
        record.totalSeconds = seconds()
        return record
    }

    /// Takes in one event, and answers whether it brought text.
    private static func read(_ data: [UInt8], into record: inout LoadRecord) throws(ClientError) -> Bool {
        guard data != Array("[DONE]".utf8) else { return false }
        guard let event = try? JSONValue(parsing: data) else { throw ClientError("an event that is no JSON") }
        if let error = event["error"], !error.isNull {
            throw ClientError(error["message"]?.stringValue ?? "an error event")
        }
        if let count = event["usage"]?["completion_tokens"]?.intValue { record.tokenCount = count }
        if let count = event["usage"]?["prompt_tokens"]?.intValue { record.promptTokenCount = count }
        return (event["choices"]?.arrayValue ?? []).contains { choice in
            choice["text"]?.stringValue?.isEmpty == false
                || ["content", "reasoning_content", "reasoning"].contains { key in
                    choice["delta"]?[key]?.stringValue?.isEmpty == false
                }
        }
    }
}
