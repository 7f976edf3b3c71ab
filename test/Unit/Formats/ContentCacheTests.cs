using Nacre.Formats;

namespace Nacre.UnitTests.Formats;

[Trait("Group", "Formats")]
public sealed class ContentCacheTests
{
    [Fact]
    public void No_more_is_kept_than_the_bound()
    {
        var cache = new ContentCache<string>(max: 100);
        for (var i = 0; i < 100; i++)
            cache.Add(BitConverter.GetBytes(i), $"{i}");
        Assert.Equal(100, cache.Count);
        Assert.Equal("7", cache.Find(BitConverter.GetBytes(7)));
        Assert.Null(cache.Find("other bytes"u8));

        cache.Add("other bytes"u8, "other");
        Assert.InRange(cache.Count, 1, 100);
        Assert.Equal("other", cache.Find("other bytes"u8));
    }

    [Fact]
    public void The_first_value_stays()
    {
        var cache = new ContentCache<string>(max: 2);
        Assert.Equal("a", cache.Add("x"u8, "a"));
        Assert.Equal("a", cache.Add("x"u8, "b"));
    }

    [Fact]
    public void Lists_with_other_bounds_are_others()
    {
        var cache = new ContentCache<string>(max: 10);
        cache.Add([[1, 2], [3]], "two");
        Assert.Equal("two", cache.Find([[1, 2], [3]]));
        foreach (var other in (byte[][][])[[[1], [2, 3]], [[1, 2, 3]], [[3], [1, 2]], [[1, 2], [3], []], []])
            Assert.Null(cache.Find(other));
    }
}
