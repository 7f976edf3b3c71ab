using Nacre.Images.Bundle;

namespace Nacre.UnitTests.Images;

[Trait("Group", "Images")]
public sealed class UserNamespaceTests
{
    [Fact]
    public void Takes_the_first_range_of_the_user_by_name_or_number()
    {
        var numbers = UserNamespace.Create(1000, 100, "ann", "bob:1:2\nann:165536:65536\nann:9:9\n", "1000:265536:1000\n");
        Assert.Equal([new IdMapping(0, 1000, 1), new IdMapping(1, 165_536, 65_536)], numbers.Users);
        Assert.Equal([new IdMapping(0, 100, 1), new IdMapping(1, 265_536, 1000)], numbers.Groups);
    }

    [Theory]
    [InlineData("", "ann:1:2")]
    [InlineData("ann:1:2", "bob:1:2")]
    [InlineData("ann:x:2", "ann:1:2")]
    [InlineData("ann:1:0", "ann:1:2")]
    [InlineData("ann:1", "ann:1:2")]
    public void A_user_without_numbers_has_only_the_own(string users, string groups)
    {
        var numbers = UserNamespace.Create(1000, 100, "ann", users, groups);
        Assert.Equal([new IdMapping(0, 1000, 1)], numbers.Users);
        Assert.Equal([new IdMapping(0, 100, 1)], numbers.Groups);
    }

    [Fact]
    public void A_user_of_the_image_runs_if_there_is_a_number_for_it()
    {
        var numbers = UserNamespace.Create(1000, 100, "ann", "ann:165536:500", "ann:165536:500");
        var user = new ContainerUser(500, 500, [5, 501]);
        var fitted = numbers.Fit(user, out var note);
        Assert.Null(note);
        Assert.Equal((500u, 500u), (fitted.Uid, fitted.Gid));
        Assert.Equal([5u], fitted.AdditionalGids);

        fitted = numbers.Fit(user with { Uid = 501 }, out note);
        Assert.Contains("501:500", note, StringComparison.Ordinal);
        Assert.Equal((0u, 0u), (fitted.Uid, fitted.Gid));
        Assert.Empty(fitted.AdditionalGids);
    }

    [Fact]
    public void A_single_number_allows_no_further_groups() =>
        Assert.Empty(UserNamespace.Single(1000, 100).Fit(new(0, 0, [0, 5]), out _).AdditionalGids);
}
