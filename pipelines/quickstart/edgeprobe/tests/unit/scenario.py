"""Which scenario of the requirement catalogue a test proves, told where its results are read."""

import functools


def verifies(scenario):
    """Decorates a test method."""

    def decorate(test):
        @functools.wraps(test)
        def telling(*given):
            print(f"[[PROPERTY|scenario={scenario}]]")
            return test(*given)

        return telling

    return decorate
