"""What tables 3.3 to 3.8 print: F1 in percent, and SumBal by attribute."""

# A line a method: F1, then for sex, ethnicity and individual the average, the minimum,
# and the group and the video of the minimum; P6 is the person of the sixth column.
_TABLES = {
    "table-3.3": """
Random|14.92|.9497 .8814 Male 30|.9468 .667 Asian 33|.8747 .667 P13 33
Human|68.91|.4605 0 Female 30|.5503 0 Asian 25|.2773 0 P2 18
CA-SUM|62.78|.5201 0 Female 30|.5468 0 Asian 24|.2441 0 P4 8
AC-SUM-GAN|64.33|.5176 0 Female 30|.5455 0 Asian 24|.2616 0 P4 8
SUM-GAN-AAE|63.81|.5222 .1302 Female 26|.5665 0 Asian 24|.2739 0 P4 8
SUM-GAN-SL|64.92|.5254 0 Female 30|.5661 0 Asian 24|.255 0 P4 8
SUM-IND|50.57|.5677 0 Female 24|.5889 0 Asian 24|.2541 0 P4 8
DSNet|63.69|.5358 0 Female 30|.5478 0 Asian 24|.2706 0 P1 25
VASNet|64.11|.4622 0 Female 25|.5391 0 Asian 24|.2515 0 P4 8
PGL-SUM|63.75|.4804 .1042 Female 34|.5374 0 Asian 24|.2575 0 P4 8
FVS-LP (Sex)|15.69|.9987 .996 Female 4|.7411 0 Hispanic 8|.3062 0 P3 8
FVS-LP (Ethnicity)|13.46|.6642 0 Female 25|.998 .9822 Asian 33|.2727 0 P6 25
FVS-LP (Individual)|14.13|.9556 .6289 Male 28|.9471 .6559 White 19|.9932 .9704 P6 25
""",
    "table-3.4": """
Random|14.74|.9473 .8818 Male 26|.97 .9415 White 26|.8639 .7477 P2 19
Human|67.08|.48 0 Female 25|.6717 0 Asian 25|.308 0 P1 25
CA-SUM|62.11|.5104 .1044 Female 34|.6746 .4292 Asian 9|.3042 0 P1 25
AC-SUM-GAN|63.99|.4481 0 Female 25|.6467 0 Asian 25|.3261 0 P1 25
SUM-GAN-AAE|63.44|.4887 .1302 Female 26|.6921 .4567 Asian 9|.2952 0 P1 25
SUM-GAN-SL|64.77|.5298 .2156 Male 26|.7056 .4567 Asian 9|.2792 0 P1 25
SUM-IND|49.47|.5415 .3868 Male 26|.6641 .4503 Asian 9|.3019 0 P1 25
DSNet|63.24|.4432 .1049 Female 31|.6095 .2742 Asian 25|.304 0 P1 25
VASNet|66.14|.3386 0 Female 25|.5866 0 Asian 25|.28 0 P1 25
PGL-SUM|65.18|.4392 .1042 Female 34|.5869 .2631 Asian 34|.2701 0 P1 25
FVS-LP (Sex)|17.03|.999 .9975 Female 25|.8357 .6559 White 19|.4417 0 P3 19
FVS-LP (Ethnicity)|12.13|.3967 0 Female 25|.9993 .9983 Asian 25|.3186 0 P3 19
FVS-LP (Individual)|16.81|.9562 .825 Male 34|.8999 .6559 White 19|.993 .9704 P6 25
""",
    "table-3.5": """
Random|14.95|.9837 .9555 Female 29|.9696 .9199 Asian 24|.8866 .7417 P3 24
Human|65.0|.4551 0 Female 24|.4768 0 Asian 24|.2909 0 P1 24
CA-SUM|60.77|.5449 0 Female 24|.4971 0 Asian 24|.1819 0 P4 8
AC-SUM-GAN|62.41|.5362 0 Female 24|.4573 0 Asian 24|.2634 0 P3 24
SUM-GAN-AAE|61.49|.5213 0 Female 24|.4658 0 Asian 24|.1835 0 P4 8
SUM-GAN-SL|62.02|.4958 0 Female 24|.4529 0 Asian 24|.1714 0 P4 8
SUM-IND|49.8|.6805 0 Female 24|.694 0 Asian 24|.357 0 P1 2
DSNet|62.45|.5661 0 Female 24|.5032 0 Asian 24|.2888 0 P4 8
VASNet|60.53|.4796 0 Female 24|.4676 0 Asian 24|.1963 0 P4 8
PGL-SUM|61.04|.4627 0 Female 24|.43 0 Asian 24|.1881 0 P4 8
FVS-LP (Sex)|15.3|.9985 .9968 Male 24|.7033 0 Hispanic 8|.4183 0 P1 2
FVS-LP (Ethnicity)|14.7|.8599 .4721 Female 29|.9981 .9934 Asian 24|.3755 0 P1 2
FVS-LP (Individual)|12.41|.9714 .835 Male 2|.9648 .835 Black 2|.9963 .9905 P2 2
""",
    "table-3.6": """
Random|14.96|.9477 .8758 Female 24|.8942 .667 Asian 33|.8614 .667 P13 33
Human|67.61|.4784 0 Female 24|.4518 0 Asian 24|.2097 0 P2 18
CA-SUM|59.76|.5547 0 Female 24|.3859 0 Asian 24|.1901 0 P4 8
AC-SUM-GAN|61.68|.6236 0 Female 24|.4123 0 Asian 24|.1999 0 P4 8
SUM-GAN-AAE|61.63|.5859 0 Female 24|.4291 0 Asian 24|.2779 0 P1 24
SUM-GAN-SL|62.77|.6211 0 Female 24|.4122 0 Asian 24|.2767 0 P3 24
SUM-IND|44.79|.5061 0 Female 24|.4214 0 Asian 24|.1481 0 P4 8
DSNet|60.16|.5448 0 Female 26|.4364 0 Asian 24|.2304 0 P4 8
VASNet|60.93|.5646 0 Female 24|.4551 0 Asian 24|.2858 0 P1 24
PGL-SUM|59.15|.5117 0 Female 24|.4086 0 Asian 24|.1965 0 P4 8
FVS-LP (Sex)|17.03|.999 .9968 Male 24|.5242 0 Hispanic 8|.0939 0 P3 8
FVS-LP (Ethnicity)|16.06|.7394 0 Male 33|.9951 .9822 Asian 33|.1387 0 P4 8
FVS-LP (Individual)|16.03|.9371 .6289 Male 28|.9373 .6499 White 28|.9923 .9731 P14 33
""",
    "table-3.7": """
Random|16.08|.9324 .8814 Male 30|.976 .9043 White 18|.8886 .7253 P3 30
Human|76.51|.3735 0 Female 30|.5895 .0752 White 30|.2522 0 P2 18
CA-SUM|71.89|.4336 0 Female 30|.6222 .075 White 30|.2501 0 P4 8
AC-SUM-GAN|74.02|.4258 0 Female 30|.6222 .2741 White 30|.2026 0 P4 8
SUM-GAN-AAE|72.49|.5096 0 Female 30|.6994 .445 White 29|.2823 0 P4 8
SUM-GAN-SL|73.42|.4458 0 Female 30|.6988 .445 White 29|.2615 0 P4 8
SUM-IND|60.96|.5692 0 Male 29|.6363 .2419 White 29|.2004 0 P4 8
DSNet|71.53|.5743 0 Female 30|.6661 .445 White 29|.2412 0 P3 8
VASNet|69.95|.4444 0 Female 30|.647 .2719 White 30|.2055 0 P4 8
PGL-SUM|70.03|.5058 0 Female 30|.7343 .445 White 29|.3027 0 P4 8
FVS-LP (Sex)|16.69|.9981 .996 Female 4|.8231 0 Hispanic 8|.3169 0 P3 4
FVS-LP (Ethnicity)|14.49|.5619 0 Female 4|.9994 .9987 White 18|.2257 0 P2 4
FVS-LP (Individual)|15.9|.9762 .8695 Male 17|.9926 .9621 White 29|.9949 .982 P5 30
""",
    "table-3.8": """
Random|13.96|.9375 .8692 Male 3|.9242 .8692 White 3|.8732 .702 P2 25
Human|68.34|.5157 0 Female 25|.5615 0 Asian 25|.3257 0 P1 25
CA-SUM|59.34|.5567 .0384 Female 3|.5542 .0384 Asian 3|.2944 0 P1 25
AC-SUM-GAN|59.56|.5545 .039 Female 3|.589 .039 Asian 3|.3159 0 P1 25
SUM-GAN-AAE|60.01|.5053 .0401 Female 3|.546 .0401 Asian 3|.3304 0 P1 25
SUM-GAN-SL|61.59|.5346 .0384 Female 3|.5613 .0384 Asian 3|.2863 0 P1 25
SUM-IND|47.81|.5411 .039 Female 3|.5287 .039 Asian 3|.2629 0 P1 25
DSNet|61.06|.5506 .0401 Female 3|.5238 .0411 Asian 3|.2883 0 P1 25
VASNet|62.99|.4836 0 Female 25|.5393 0 Asian 25|.2897 0 P1 25
PGL-SUM|63.37|.4828 0 Female 25|.5274 0 Asian 25|.3304 0 P1 25
FVS-LP (Sex)|12.42|.9988 .9975 Female 25|.8192 .5633 Black 20|.2604 0 P3 3
FVS-LP (Ethnicity)|9.928|.7632 0 Female 25|.9983 .9974 Black 28|.3052 0 P3 3
FVS-LP (Individual)|9.512|.9367 .6289 Male 28|.9406 .6499 White 28|.9894 .9704 P6 25
""",
}


def _cell(text):
    average, least, group, video = text.split()
    if group[1:].isdigit():
        group = f"Person {group[1:]}"
    return float(average), float(least), group, int(video)


def _row(line):
    method, f1, *cells = line.split("|")
    return method, (float(f1), *map(_cell, cells))


PRINTED = {
    table: dict(map(_row, text.split("\n")[1:-1])) for table, text in _TABLES.items()
}
