using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Functions;

namespace PhantomDb.Tests.Functions;

/// <summary>The names by which themes of functions are found.</summary>
[TestClass]
public sealed class FunctionThemeTests
{
    [TestMethod]
    public void Each_theme_has_the_functions_that_it_names_and_no_other()
    {
        foreach (FunctionTheme theme in FunctionTheme.All)
        {
            CollectionAssert.AreEqual(theme.Functions.Select(function => function.Name).Distinct().ToArray(), theme.Names, theme.AddTo.Method.DeclaringType!.Name);
        }
    }

    [TestMethod]
    public void Overloads_of_a_name_come_from_all_themes_in_their_order()
    {
        ScalarFunction[] plus = [.. FunctionTheme.All.SelectMany(theme => theme.Functions).Where(function => function.Name == "+")];

        CollectionAssert.AreEqual(plus, FunctionRegistry.FindScalars("+").ToArray());
        Assert.IsGreaterThan(3, plus.Length);
        Assert.IsEmpty(FunctionRegistry.FindScalars("nothing"));
    }
}
