namespace Nacre.ConformanceTests.Evidence;

/// <summary>Single files of the vectors, for tests that are about one of them. Where that file is missing the test is skipped, in CI it fails.</summary>
internal static class SharedVectors
{
    public static byte[] Read(string path)
    {
        var file = VectorFolder.Find() is { } folder ? Path.Combine(folder, path) : null;
        if (file is null || !File.Exists(file))
        {
            Assert.True(Environment.GetEnvironmentVariable("CI") is null, $"the vector {path} is missing");
            Assert.Skip($"the vector {path} is not on this machine");
        }

        return File.ReadAllBytes(file);
    }

    public static byte[] TrimEnd(this byte[] json) => json.AsSpan().TrimEnd(" \r\n\t"u8).ToArray();
}
