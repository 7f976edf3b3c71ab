using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Nacre.KeyBroker.Audit;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.KeyBroker;

/// <summary>A record in which anything was altered, removed, moved or cut off is told from one that is whole.</summary>
[Trait("Group", "TrustAudit")]
public sealed class AuditLogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-audit-");
    private readonly MemoryStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_that_was_closed_is_whole_and_goes_on_in_the_same_chain()
    {
        for (var i = 0; i < 3; i++)
            await WriteAsync(4);

        var chain = Assert.Single((await VerifyAsync()).Chains);

        // Segment line, then start, four events and stop, three times.
        Assert.Equal((1, 19L, 0, null), (chain.Segments, chain.Lines, chain.UnfinishedBytes, chain.Problem));
    }

    [Fact]
    public async Task A_line_that_nobody_waits_for_is_written_before_one_that_somebody_does_and_soon_without()
    {
        await using var log = await OpenAsync(1 << 20);
        await log.QueueAsync(Event(1), Cancel);
        await log.AppendAsync(Event(2), Cancel);

        // Segment line, start, and both.
        Assert.Equal(4, log.Head.Sequence);

        await log.QueueAsync(Event(3), Cancel);
        while (log.Head.Sequence < 5)
            await Task.Delay(AuditLog.Lag, Cancel);
        Assert.Contains("\"object\":\"3\"", (await File.ReadAllLinesAsync(Assert.Single(Segments()).FullPath, Cancel))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_flipped_bit_is_found()
    {
        await WriteAsync(1);
        var path = Assert.Single(Segments()).FullPath;
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        var anchors = await new AuditAnchors(_store).ReadAsync(Cancel);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            RandomAccess.Write(file, [(byte)(bytes[bit / 8] ^ 1 << bit % 8)], bit / 8);
            var problem = Assert.Single(AuditVerification.Run([_directory.FullName], anchors).Chains).Problem;
            RandomAccess.Write(file, bytes.AsSpan(bit / 8, 1), bit / 8);
            var line = 1 + bytes.AsSpan(0, bit / 8).Count((byte)'\n');
            Assert.True(problem is not null, $"bit {bit} was flipped in line {line} and not found");
            Assert.StartsWith($"{Path.GetFileName(path)}:", problem, StringComparison.Ordinal);

            // A flipped bit of a line feed joins or ends lines; any other is told by its line.
            if (bytes[bit / 8] != '\n' && problem.Contains("altered", StringComparison.Ordinal))
                Assert.Contains($":{line}: ", problem, StringComparison.Ordinal);
        }

        Assert.True((await VerifyAsync()).IsWhole);
    }

    [Fact]
    public async Task Every_line_that_is_removed_repeated_or_moved_is_found()
    {
        await WriteAsync(5);
        var path = Assert.Single(Segments()).FullPath;
        var lines = await File.ReadAllLinesAsync(path, Cancel);
        for (var i = 0; i < lines.Length; i++)
        {
            await AssertFoundAsync(path, i + 1, [.. lines[..i], .. lines[(i + 1)..]]);
            await AssertFoundAsync(path, i + 2, [.. lines[..(i + 1)], .. lines[i..]]);
            for (var j = i + 1; j < lines.Length; j++)
            {
                var swapped = (string[])lines.Clone();
                (swapped[i], swapped[j]) = (swapped[j], swapped[i]);
                await AssertFoundAsync(path, i + 1, swapped);
            }
        }
    }

    [Fact]
    public async Task Every_cut_is_found()
    {
        await WriteAsync(4);
        var path = Assert.Single(Segments()).FullPath;
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        for (var length = 0; length < bytes.Length; length++)
        {
            WriteInPlace(path, bytes[..length]);
            Assert.False((await VerifyAsync()).IsWhole, $"the record was cut to {length} of {bytes.Length} bytes, which was not found");
        }

        File.Delete(path);
        Assert.Contains("missing", Assert.Single((await VerifyAsync()).Chains).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Segments_follow_each_other_and_none_may_be_missing()
    {
        await WriteAsync(40, maxSegmentBytes: 2000);
        await WriteAsync(10, maxSegmentBytes: 2000);
        var segments = Segments();
        var chain = Assert.Single((await VerifyAsync()).Chains);
        Assert.Null(chain.Problem);
        Assert.True(segments.Count > 4, $"only {segments.Count} segments");
        Assert.Equal(segments.Count + 54, chain.Lines);

        foreach (var segment in segments)
        {
            File.Move(segment.FullPath, segment.FullPath + ".away");
            Assert.False((await VerifyAsync()).IsWhole, $"{segment.FileName} is missing, which was not found");
            File.Move(segment.FullPath + ".away", segment.FullPath);
        }

        var first = await File.ReadAllBytesAsync(segments[0].FullPath, Cancel);
        await File.AppendAllTextAsync(segments[0].FullPath, "{\"seq\":", Cancel);
        Assert.Contains($"{segments[0].FileName}:", Assert.Single((await VerifyAsync()).Chains).Problem, StringComparison.Ordinal);
        WriteInPlace(segments[0].FullPath, first);
        Assert.True((await VerifyAsync()).IsWhole);
    }

    [Fact]
    public async Task A_last_line_that_was_never_finished_is_no_damage_and_is_recorded()
    {
        await WriteAsync(2);
        var path = Assert.Single(Segments()).FullPath;
        await File.AppendAllTextAsync(path, "{\"seq\":6,\"at\":\"2026-01-", Cancel);
        Assert.Equal((23, null), (Assert.Single((await VerifyAsync()).Chains).UnfinishedBytes, Assert.Single((await VerifyAsync()).Chains).Problem));

        await WriteAsync(1);

        Assert.True((await VerifyAsync()).IsWhole);
        Assert.Contains("\"action\":\"start\",\"torn-bytes\":23,", await File.ReadAllTextAsync(path, Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("{\"seq\":7,\"at\"")]
    [InlineData("{\"seq\":6,\"at\"}\n")]
    public async Task Nothing_else_may_follow_the_last_line(string text)
    {
        await WriteAsync(2);
        await File.AppendAllTextAsync(Assert.Single(Segments()).FullPath, text, Cancel);

        Assert.False((await VerifyAsync()).IsWhole);
    }

    [Fact]
    public async Task A_chain_that_was_damaged_is_left_alone_and_another_names_it()
    {
        await WriteAsync(3);
        var damaged = Assert.Single(Segments());
        var bytes = await File.ReadAllBytesAsync(damaged.FullPath, Cancel);
        WriteInPlace(damaged.FullPath, bytes[..(Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1)]);

        await WriteAsync(1);

        Assert.Equal(2, Segments().Count);
        var fresh = Segments().Single(segment => segment.Chain != damaged.Chain);
        Assert.Contains($"\"damaged\":[\"{damaged.FileName}:", await File.ReadAllTextAsync(fresh.FullPath, Cancel), StringComparison.Ordinal);
        var report = await VerifyAsync();
        Assert.Equal([damaged.Chain], report.Chains.Where(chain => chain.Problem is not null).Select(chain => chain.Chain));
    }

    [Fact]
    public async Task Processes_on_one_directory_have_chains_of_their_own()
    {
        await using (var one = await OpenAsync())
        await using (var two = await OpenAsync())
        {
            Assert.NotEqual(one.Chain, two.Chain);
            await Task.WhenAll(Enumerable.Range(0, 50).SelectMany(i => (Task[])[one.AppendAsync(Event(i), Cancel), two.AppendAsync(Event(i), Cancel)]));
        }

        Assert.Equal([53L, 53L], (await VerifyAsync()).Chains.Select(chain => chain.Lines));
        Assert.Equal(100, AuditReader.Read(_directory.FullName, null, 1000, _ => true).Count(line => (string?)line["action"] == "change"));
    }

    [Fact]
    public async Task Those_who_wait_at_one_time_share_a_flush()
    {
        var (groups, lines) = (0, 0);
        await using (var log = await OpenAsync(flushed: (count, _) => (groups, lines) = (groups + 1, lines + count)))
            await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => log.AppendAsync(Event(i), Cancel)));

        // Start and stop are lines too.
        Assert.Equal(2002, lines);
        Assert.InRange(groups, 3, 1000);
        Assert.True((await VerifyAsync()).IsWhole);
    }

    [Fact]
    public async Task A_chain_that_the_store_does_not_know_is_found()
    {
        await WriteAsync(1);

        var report = AuditVerification.Run([_directory.FullName], new Dictionary<string, AuditHead>());

        Assert.Contains("does not know", Assert.Single(report.Chains).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_written_is_told_and_the_chain_stays_whole()
    {
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(Event(1), Cancel);
            var path = Assert.Single(Segments()).FullPath;
            File.Move(path, path + ".away");
            await Assert.ThrowsAsync<AuditException>(() => log.AppendAsync(Event(2), Cancel));
            File.Move(path + ".away", path);
            await log.AppendAsync(Event(3), Cancel);
            await File.AppendAllTextAsync(path, "x", Cancel);
            await Assert.ThrowsAsync<AuditException>(() => log.AppendAsync(Event(4), Cancel));
            WriteInPlace(path, (await File.ReadAllBytesAsync(path, Cancel))[..^1]);
        }

        Assert.Equal(["1", "3"], AuditReader.Read(_directory.FullName, null, 10, _ => true).Select(line => (string?)line["object"]).Where(o => o is not null));
        Assert.True((await VerifyAsync()).IsWhole);
    }

    [Fact]
    public async Task Text_from_outside_stays_inside_its_line()
    {
        await using (var log = await OpenAsync())
            await log.AppendAsync(Event(1) with { Who = "a\"}\n{\"seq\":1}\0é" + new string('x', 10_000), Reason = "\u2028\ud800" }, Cancel);

        Assert.True((await VerifyAsync()).IsWhole);
        Assert.Equal(4, File.ReadAllLines(Assert.Single(Segments()).FullPath).Length);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static AuditEvent Event(int number) => new()
    {
        At = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000 + number),
        Action = AuditAction.Change,
        Outcome = AuditOutcome.Done,
        Who = "admin test",
        From = "127.0.0.1",
        Route = "POST kbs/v0/resource/{**path}",
        Object = $"{number}",
    };

    private Task<AuditLog> OpenAsync(long maxSegmentBytes = 1 << 20, Action<int, TimeSpan>? flushed = null) => AuditLog.OpenAsync(
        _store, new() { Directory = _directory.FullName, MaxSegmentBytes = maxSegmentBytes, Flushed = flushed }, TimeProvider.System,
        NullLogger.Instance, Cancel);

    private async Task WriteAsync(int events, long maxSegmentBytes = 1 << 20)
    {
        await using var log = await OpenAsync(maxSegmentBytes);
        for (var i = 0; i < events; i++)
            await log.AppendAsync(Event(i), Cancel);
    }

    private async Task<AuditVerificationReport> VerifyAsync() =>
        AuditVerification.Run([_directory.FullName], await new AuditAnchors(_store).ReadAsync(Cancel));

    private IReadOnlyList<AuditSegment> Segments() => AuditSegment.List(_directory.FullName);

    private async Task AssertFoundAsync(string path, int line, string[] lines)
    {
        WriteInPlace(path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(text => text + "\n"))));
        var problem = Assert.Single((await VerifyAsync()).Chains).Problem;
        Assert.NotNull(problem);

        // The last line can only be missed by what the store knows.
        if (line <= lines.Length)
            Assert.StartsWith($"{Path.GetFileName(path)}:{line}: ", problem, StringComparison.Ordinal);
    }

    private static void WriteInPlace(string path, byte[] bytes) => File.WriteAllBytes(path, bytes);
}
