using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>
/// Puts mutated inputs to a parser for a time: <c>NACRE_FUZZ_SECONDS</c> each, 60 unless told. The seed is fixed unless
/// <c>NACRE_FUZZ_SEED</c> gives another. An input that ends in anything undocumented is kept in <c>artifacts/fuzz</c>.
/// </summary>
internal static class Fuzzer
{
    private const int UsualSeed = 20_251_121;
    private const int UsualSeconds = 60;

    // Nothing here should take a thousandth of it, even on a machine with much else to do.
    private static readonly TimeSpan s_longestRun = TimeSpan.FromSeconds(20);

    /// <param name="name">What is tested; the beginning of the name of a kept input.</param>
    /// <param name="corpus">Inputs that are right.</param>
    /// <param name="pieces">Words of the format, put in here and there.</param>
    /// <param name="run">Returns normally for whatever is documented, errors included.</param>
    /// <returns>How many inputs were tried.</returns>
    public static long Run(string name, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> pieces, Action<byte[]> run)
    {
        Assert.NotEmpty(corpus);
        var mutator = new Mutator(corpus, pieces, Setting("NACRE_FUZZ_SEED", UsualSeed));
        var duration = TimeSpan.FromSeconds(Setting("NACRE_FUZZ_SECONDS", UsualSeconds));
        var whole = Stopwatch.StartNew();
        var tried = 0L;
        do
        {
            var input = mutator.Next();
            var one = Stopwatch.StartNew();
            try
            {
                run(input);
            }
            catch (Exception error)
            {
                Assert.Fail($"{error.GetType().Name}: {error.Message}\nthe input is kept in {Keep(name, input)}\n{error.StackTrace}");
            }

            if (one.Elapsed >= s_longestRun)
                Assert.Fail($"one input took {one.Elapsed.TotalSeconds:0.0} s; it is kept in {Keep(name, input)}");
            tried++;
        }
        while (whole.Elapsed < duration);

        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {tried} inputs");
        return tried;
    }

    private static string Keep(string name, byte[] input, [CallerFilePath] string here = "")
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "artifacts", "fuzz"));
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{name.Replace(' ', '-')}-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
        File.WriteAllBytes(file, input);
        return file;
    }

    private static int Setting(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : usual;
}
