using System.Globalization;
using System.Runtime.CompilerServices;
using Nacre.Cli.Demo;

namespace Nacre.Benchmarks.Images;

/// <summary>
/// <c>nacre bench images [--size MB] [--rounds N]</c>: an image of real files in Debian's docker-registry on loopback, pulled and unpacked,
/// encrypted and decrypted, by nacre and by skopeo (a newer one than Debian 12's) with umoci, turn by turn. Wall time of whole processes,
/// the median of the rounds; the runtime's start is part of it.
/// </summary>
internal static class ImagesBenchmark
{
    public static async Task<int> RunAsync(string[] args)
    {
        var (size, rounds) = Read(args);
        var folder = Path.Combine(Root(size << 20), $"nacre-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            var skopeo = await NewerSkopeoAsync();
            await using var registry = await RegistryProcess.StartAsync(Path.Combine(folder, "registry"), outlives: false, CancellationToken.None);
            var place = new ImagePlace(folder, registry.Host, skopeo);
            var compressed = await SampleImage.WriteAsync(place.Layout, "plain", size << 20);
            place.WriteKeys();
            Print($"image of {size} MB of files in 4 layers, {compressed >> 20} MB compressed, all in {Path.GetDirectoryName(folder)}");
            Print($"{rounds} rounds, medians of the wall and processor time of whole processes");
            await PullsAsync(place, rounds);
            await ConversionsAsync(place, rounds, compressed);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var (bound, speed) = (await CipherSpeed.BoundAsync(), await CipherSpeed.DecryptAsync());
        Print($"decipher in memory, one thread     {speed / 1e6,7:N0} MB/s; openssl aes-256-ctr with sha256 {bound / 1e6:N0} MB/s: {speed / bound:P0} of it (target at least 60 %)");
        return 0;
    }

    private static async Task PullsAsync(ImagePlace place, int rounds)
    {
        // The images as skopeo pushes them, so that nobody reads only what it wrote itself.
        await place.PushAsync();
        var plain = new Comparison();
        var encrypted = new Comparison();
        for (var round = 0; round < rounds; round++)
        {
            plain.Add(await place.PeerPullAsync("plain"), await place.PullAsync("plain"));
            encrypted.Add(await place.PeerPullAsync("secret"), await place.PullAsync("secret"));
        }

        Print($"pull and unpack                    {plain}, target at most 0.60");
        Print($"pull, decrypt and unpack           {encrypted}, target at most 0.50");
        var (first, again, overlay) = await place.PullThroughStoreAsync("secret");
        Print($"encrypted, into a new store        {first.Seconds,7:N2} s, processor {first.Processor:N2} s (one run)");
        Print($"the same from the store            {again.Seconds,7:N2} s, processor {again.Processor:N2} s; as overlay {overlay.Seconds:N2} s and {overlay.Processor:N2} s");
        Print($"peak resident set                  {Math.Max(plain.PeakResident, encrypted.PeakResident) / 1e6,7:N0} MB (target under 150)");
    }

    private static async Task ConversionsAsync(ImagePlace place, int rounds, long bytes)
    {
        var encrypt = new Comparison();
        var decrypt = new Comparison();
        for (var round = 0; round < rounds; round++)
        {
            encrypt.Add(await place.PeerEncryptAsync(), await place.EncryptAsync());
            decrypt.Add(await place.PeerDecryptAsync(), await place.DecryptAsync());
        }

        Print($"encrypt layout to layout           {encrypt}, target below 1; {encrypt.Rates(bytes)}");
        Print($"decrypt registry to layout         {decrypt}, target below 1; {decrypt.Rates(bytes)}");
    }

    private static (long Size, int Rounds) Read(string[] args)
    {
        var (size, rounds) = (200L, 0);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--size": size = long.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--rounds": rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                default: throw new ArgumentException($"unknown option '{args[i]}'; there are --size MB and --rounds N", nameof(args));
            }
        }

        return (size, rounds > 0 ? rounds : size <= 500 ? 5 : 3);
    }

    /// <summary>
    /// Memory when there is enough of it, as a guest has its images: for minutes after files were deleted ext4 looks at each of their
    /// inodes again with every new file, and that would be most of what is measured.
    /// </summary>
    private static string Root(long size)
    {
        const string memory = "/dev/shm";
        return Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace > 5 * size ? memory : Path.GetTempPath();
    }

    private static async Task<string> NewerSkopeoAsync([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
        return (await MeasuredProcess.RunAsync(Path.Combine(root, "tools", "peers", "newer-skopeo"))).Output.Trim();
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
