using System.Collections.Concurrent;
using System.Diagnostics;
using Nacre.Verifiers;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Every single bit of every vector that verifies, changed, and every beginning of it: none verifies. Where a verification costs
/// milliseconds it is one bit in so many, another one in each byte, unless <c>NACRE_MUTATIONS=all</c> asks for them all.
/// </summary>
[Trait("Group", "EvidenceMutations")]
public sealed class EvidenceMutationsTests(ITestOutputHelper output)
{
    private static readonly bool s_all = Environment.GetEnvironmentVariable("NACRE_MUTATIONS") == "all";
    private static readonly IReadOnlyList<VectorManifest> s_manifests = VectorFolder.Find() is { } folder ? VectorManifest.LoadAll(folder) : [];

    [Theory]
    [InlineData("snp", 1)]
    [InlineData("tdx", 1)]
    [InlineData("sgx", 1)]
    [InlineData("az-snp-vtpm", 1)]
    [InlineData("az-tdx-vtpm", 1)]
    [InlineData("tpm", 1)]
    [InlineData("cca", 1)]
    [InlineData("nitro", 7)]
    [InlineData("csv", 23)]
    [InlineData("nvidia", 29)]
    public async Task Nothing_near_a_vector_that_verifies_does(string tee, int step)
    {
        var genuine = 0;
        foreach (var vector in s_manifests.Where(manifest => manifest.Tee == tee).SelectMany(GenuineVectors.Of))
        {
            if (await vector.VerifyAsync() is not Verified)
                continue;

            genuine++;
            var clock = Stopwatch.StartNew();
            foreach (var part in vector.Parts)
                await RequireRefusedAsync(vector, part, s_all ? 1 : step);
            output.WriteLine($"{vector.Id}: {vector.Parts.Sum(part => part.Bytes.Length)} bytes, {clock.Elapsed.TotalSeconds:f1} s");
        }

        Assert.NotEqual(0, genuine);
    }

    private static async Task RequireRefusedAsync(GenuineVector vector, GenuinePart part, int step)
    {
        var passed = new ConcurrentBag<int>();
        await Parallel.ForAsync(0, 8 * part.Bytes.Length / step, async (i, _) =>
        {
            var bit = i * step;
            var changed = (byte[])part.Bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            if (await vector.VerifyAsync(part, changed) is Verified && part.IsVouchedFor(bit / 8))
                passed.Add(bit);
        });
        var bits = string.Join(", ", passed.Order().Take(40).Select(bit => $"{bit / 8}.{bit % 8}"));
        Assert.True(passed.IsEmpty, $"{vector.Id}: {passed.Count} changed bits of the {part.Name} verify: {bits}");

        await Parallel.ForAsync(0, part.Bytes.Length / step, async (i, _) =>
        {
            var length = part.Bytes.Length - 1 - i * step;
            if (await vector.VerifyAsync(part, part.Bytes[..length]) is Verified)
                passed.Add(length);
        });
        var lengths = string.Join(", ", passed.Order().Take(40));
        Assert.True(passed.IsEmpty, $"{vector.Id}: the {part.Name} verifies when cut to {lengths} of {part.Bytes.Length} bytes");
    }
}
