namespace Nacre.ConformanceTests.Evidence;

/// <summary>Single files of the vectors, for tests that are about one of them. Where that file is missing the test is skipped, in CI it fails.</summary>
internal static class SharedVectors
{
    public static byte[] Read(string path) => File.ReadAllBytes(Path(path));

    /// <summary>The name of the file on this machine.</summary>
    public static string Path(string path)
    {
        var file = VectorFolder.Find() is { } folder ? System.IO.Path.Combine(folder, path) : null;
        if (file is null || !File.Exists(file))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null, $"the vector {path} is missing");
            Assert.Skip($"the vector {path} is not on this machine");
        }

        return file;
    }

    public static byte[] TrimEnd(this byte[] json) => json.AsSpan().TrimEnd(" \r\n\t"u8).ToArray();
}
