using System.Text;

namespace Nacre.KeyBroker.Audit;

/// <summary>
/// Follows every chain from its first line to its last, and holds the ends against what the store knows. Nothing may be altered, missing,
/// out of order or cut off; the one thing that may be there is a last line that a crash kept from being finished.
/// </summary>
public static class AuditVerification
{
    /// <summary>The segment line and the start line, which are written before the store is told of a new chain.</summary>
    private const int MaxUnknownLines = 2;

    /// <param name="directories">With the segments of every process that used the store.</param>
    /// <param name="anchors">What the store knows, by chain.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AuditVerificationReport Run(IReadOnlyList<string> directories, IReadOnlyDictionary<string, AuditHead> anchors)
    {
        var chains = directories.Where(Directory.Exists).SelectMany(AuditSegment.List)
            .GroupBy(segment => segment.Chain)
            .Select(segments => Follow(
                segments.Key, [.. segments.OrderBy(segment => segment.Number)], anchors.GetValueOrDefault(segments.Key)))
            .ToList();
        foreach (var (chain, anchor) in anchors.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!chains.Exists(found => found.Chain == chain))
                chains.Add(new AuditChainReport(chain, 0, 0, 0, $"{chain}-000001.jsonl:1: the chain is missing; the store knows {anchor}"));
        }

        return new AuditVerificationReport(chains);
    }

    private static AuditChainReport Follow(string chain, IReadOnlyList<AuditSegment> segments, AuditHead? anchor)
    {
        var head = AuditHead.Start;
        AuditHead? anchored = null;
        byte[] torn = [];
        try
        {
            for (var i = 0; i < segments.Count; i++)
            {
                var segment = segments[i];
                if (segment.Number != i + 1)
                    throw new AuditDamageException(new AuditSegment(segment.Directory, chain, i + 1).FileName, 1, "the segment is missing");

                var content = segment.ReadAll();
                var (end, whole) = segment.Walk(content, head, (at, _) => anchored = at.Sequence == anchor?.Sequence ? at : anchored);
                (head, torn) = (whole == 0 ? head : end, content[whole..]);
                if (torn.Length > 0 && (i < segments.Count - 1 || !IsUnfinished(torn, head.Sequence + 1)))
                    throw new AuditDamageException(segment.FileName, LinesIn(content) + 1, "the line has no end");
                if (whole == 0 && i < segments.Count - 1)
                    throw new AuditDamageException(segment.FileName, 1, "the segment is empty, and another follows");
            }

            RequireAnchor(segments[^1].FileName, head, anchored, anchor);
            return new AuditChainReport(chain, segments.Count, head.Sequence, torn.Length, null);
        }
        catch (AuditDamageException e)
        {
            return new AuditChainReport(chain, segments.Count, head.Sequence, 0, e.Message);
        }
    }

    private static void RequireAnchor(string file, AuditHead head, AuditHead? anchored, AuditHead? anchor)
    {
        if (anchor is null && head.Sequence > MaxUnknownLines)
            throw new AuditDamageException(file, 1, "the store does not know this chain");
        if (anchor is not null && head.Sequence < anchor.Sequence)
            throw new AuditDamageException(
                file, 1, $"the chain ends with seq {head.Sequence}; the store knows {anchor}, which was cut off");
        if (anchor is not null && anchored?.IsSame(anchor) != true)
            throw new AuditDamageException(
                file, 1, $"the line with seq {anchor.Sequence} is not the one that the store knows: the chain was written anew");
    }

    // Only the line that would have come next can have been begun.
    private static bool IsUnfinished(byte[] torn, long sequence)
    {
        var begin = Encoding.ASCII.GetBytes($"{{\"seq\":{sequence},");
        var length = Math.Min(begin.Length, torn.Length);
        return torn.Length < AuditLine.MaxBytes && torn.AsSpan(0, length).SequenceEqual(begin.AsSpan(0, length));
    }

    private static int LinesIn(byte[] content) => content.AsSpan().Count((byte)'\n');
}

/// <summary>What was found of every chain.</summary>
public sealed record AuditVerificationReport(IReadOnlyList<AuditChainReport> Chains)
{
    public bool IsWhole => Chains.All(chain => chain.Problem is null);
}

/// <summary>What was found of one chain.</summary>
/// <param name="Chain">Its id.</param>
/// <param name="Segments">Files.</param>
/// <param name="Lines">Up to the first that is wrong.</param>
/// <param name="UnfinishedBytes">Of a last line that a crash kept from being finished.</param>
/// <param name="Problem">File, line and what is wrong; null when the chain is whole.</param>
public sealed record AuditChainReport(string Chain, int Segments, long Lines, int UnfinishedBytes, string? Problem);
