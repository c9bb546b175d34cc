// What every test of a claim includes: doctest, close(), EVIDENCE.
#pragma once

#include <support/close.hpp>
#include <support/evidence.hpp>

#include <doctest/doctest.h>

using whiteboard::testing::close;
using whiteboard::testing::largest_difference;
